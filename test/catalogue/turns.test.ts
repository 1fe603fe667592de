import t from 'tap'
import { EmbeddedDocumentIndex } from '../../src/adapters/embedded/document-index.js'
import { searchContainers } from '../../src/catalogue/container-search.js'
import { Resolution } from '../../src/catalogue/resolution.js'
import { Deadline } from '../../src/deadline.js'
import { parseArchitecture } from '../../src/domain/architecture.js'
import { parseWanted } from '../../src/domain/resolved-image.js'
import { temporaryFolder } from '../app.js'
import { createAll } from '../contracts/document-index/helpers.js'

const IDS = Array.from({ length: 500 }, (_, at) => `c:${at}`)

const deadline = () => Deadline.in(60_000)

/** How often others had the event loop while `work` was done. */
async function turnsDuring (work: () => Promise<unknown>): Promise<number> {
  let [turns, isOver] = [0, false]
  const count = () => {
    turns++
    if (!isOver) setImmediate(count)
  }
  setImmediate(count)
  await work()
  isOver = true
  return turns
}

t.test('others get their turn while many containers are looked into', async t => {
  const index = await EmbeddedDocumentIndex.open({ folder: await temporaryFolder(t) })
  t.teardown(() => index.close())
  await createAll(index, 'container', IDS)
  const images = new Resolution({ index, download: async () => null })

  const resolving = await turnsDuring(async () => {
    const resolved = await images.resolveAll(IDS, parseWanted('amd64', undefined), deadline())
    t.equal(resolved.length, IDS.length)
  })
  t.ok(resolving >= 10, `${resolving} turns while they are resolved`)

  const searching = await turnsDuring(async () => {
    await searchContainers(index, { arch: parseArchitecture('s390x'), size: 1000 }, deadline)
  })
  t.ok(searching >= 10, `${searching} turns while they are searched`)
})
