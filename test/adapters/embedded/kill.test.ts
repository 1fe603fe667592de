import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { EmbeddedDocumentIndex } from '../../../src/adapters/embedded/document-index.js'
import { container, create, pagesOf } from '../../contracts/document-index/helpers.js'

const ROUNDS = Number(process.env['LEPORELLO_KILL_ROUNDS'] ?? 5)

const writer = fileURLToPath(new URL('writer.js', import.meta.url))

/** Has a process write to `folder` and kills it a moment after its first acknowledgement; resolves to all of them. */
async function acknowledgedBeforeDeath (folder: string): Promise<string[]> {
  const child = spawn(process.execPath, [writer, 'flood', folder], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  const acknowledged: string[] = []
  const lines = createInterface(child.stdout)
  lines.once('line', () => setTimeout(() => child.kill('SIGKILL'), Math.random() * 100))
  lines.on('line', id => acknowledged.push(id))
  await Promise.all([once(lines, 'close'), ended])
  return acknowledged
}

t.test('whatever was acknowledged is there after a kill -9, and the next process writes on', async t => {
  const folder = t.testdir()
  const expected = new Set<string>()
  for (let round = 0; round < ROUNDS; round++) {
    const acknowledged = await acknowledgedBeforeDeath(folder)
    t.ok(acknowledged.length > 0, `something was acknowledged in round ${round}: ${acknowledged.length}`)
    for (const id of acknowledged) expected.add(id)

    const index = await EmbeddedDocumentIndex.open({ folder })
    const documents = new Map((await pagesOf(index.documents('container'))).flat().map(({ id, json }) => [id, json]))
    t.same([...expected].filter(id => documents.get(id) !== container(id)), [], 'nothing is missing or damaged')
    expected.add(`survivor-${round}`)
    await create(index, 'container', `survivor-${round}`)
    await index.close()
  }
})

t.test('a process that has the folder open writes on when another is killed at its writes', async t => {
  const index = await EmbeddedDocumentIndex.open({ folder: t.testdir() })
  t.teardown(async () => { await index.close() })
  for (let round = 0; round < ROUNDS; round++) {
    const death = acknowledgedBeforeDeath(t.testdirName)
    await create(index, 'container', `before-${round}`)
    const acknowledged = await death
    t.ok(acknowledged.length > 0, `something was acknowledged in round ${round}: ${acknowledged.length}`)
    await create(index, 'container', `after-${round}`)
    const ids = new Set((await pagesOf(index.ids('container'))).flat())
    t.same([...acknowledged, `before-${round}`, `after-${round}`].filter(id => !ids.has(id)), [], 'nothing is missing')
  }
})
