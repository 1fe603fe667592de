import t from 'tap'
import { parseBuildOfImages } from '../../src/domain/build.js'
import { parseContainerMerge } from '../../src/domain/container-merge.js'
import type { DocumentKind } from '../../src/ports/document-index.js'
import { changed, SweptCatalogue } from './swept-catalogue.js'

const NAME = 'set:1'
const MACHINES = { amd64: 'x86_64', arm64: 'aarch64' } as const

/** An image of a build of two, whose tarball is stored. */
async function merge ({ catalogue, images }: SweptCatalogue, build: string, label: keyof typeof MACHINES, key: string) {
  const text = { name: NAME, version: '1', digest: undefined, urls: undefined, architecture: MACHINES[label], url: images.location(key) }
  return await catalogue.merge({ ...parseContainerMerge(text), ...parseBuildOfImages(build, 'x86_64,arm64') }, 'test')
}

async function storeAndMerge (swept: SweptCatalogue, build: string, label: keyof typeof MACHINES): Promise<string> {
  const key = await swept.store(NAME, { label })
  await merge(swept, build, label, key)
  return key
}

/** A catalogue with others' tarballs, and the first image of build 1, which waits. */
async function waiting (t: Parameters<typeof SweptCatalogue.make>[0]) {
  const swept = await SweptCatalogue.make(t)
  await swept.storeNamed(4)
  const key = await storeAndMerge(swept, '1', 'amd64')
  return { swept, key }
}

/** All that the two stages of a sweep remove. */
async function fallen (swept: SweptCatalogue): Promise<string[]> {
  swept.later()
  await swept.sweep()
  swept.later()
  const { stopped, deleted } = await swept.sweep()
  if (stopped !== undefined) throw new Error(stopped)
  return deleted.map(({ key }) => key)
}

t.test('what a waiting set names is safe for as long as it waits, and when it is shown', async t => {
  const { swept, key } = await waiting(t)
  for (let sweeps = 0; sweeps < 3; sweeps++) {
    swept.later()
    t.match(await swept.sweep(), { stopped: undefined, condemned: { length: 0 }, deleted: { length: 0 } })
  }
  t.ok(await swept.images.head(key))
  const other = await storeAndMerge(swept, '1', 'arm64')
  t.equal((JSON.parse((await swept.catalogue.find('container', NAME))!) as { build: string }).build, '1')
  t.same(await fallen(swept), [])
  for (const each of [key, other]) t.ok(await swept.images.head(each))
})

t.test('what an expired set named falls', async t => {
  const { swept, key } = await waiting(t)
  await swept.catalogue.settleSets(-1, (_id, error) => { throw error })
  t.same(await fallen(swept), [key])
  t.equal(await swept.images.head(key), undefined)
})

t.test('what an abandoned set named falls, and nothing of the others', async t => {
  const { swept, key } = await waiting(t)
  const other = await storeAndMerge(swept, '2', 'amd64')
  await swept.catalogue.abandon(NAME, { build: '1' })
  t.same(await fallen(swept), [key])
  t.ok(await swept.images.head(other))
})

t.test('what a superseded set named falls', async t => {
  const { swept, key } = await waiting(t)
  await storeAndMerge(swept, '2', 'amd64')
  await storeAndMerge(swept, '2', 'arm64')
  t.same(await fallen(swept), [key])
})

t.test('an image that another one replaced in a waiting set falls, and that one does not', async t => {
  const { swept, key } = await waiting(t)
  const other = await storeAndMerge(swept, '1', 'amd64')
  t.same(await fallen(swept), [key])
  t.ok(await swept.images.head(other))
})

t.test('what was condemned before a set waits for it is pardoned, and stays', async t => {
  const swept = await SweptCatalogue.make(t)
  const key = await swept.storeCondemned(NAME)
  t.match(await swept.flag(key), { state: 'condemned' })
  await merge(swept, '1', 'amd64', key)
  t.equal(await swept.flag(key), undefined)
  t.match(await swept.sweep(), { stopped: undefined, condemned: { length: 0 }, deleted: { length: 0 } })
  t.ok(await swept.images.head(key))
})

t.test('a set that is shown while a sweep lists the documents loses nothing', async t => {
  const { swept, key } = await waiting(t)
  swept.later()
  const listed: DocumentKind[] = []
  let other = ''
  const index = changed(swept.index, {
    documents: async function * (kind, options) {
      yield * swept.index.documents(kind, options)
      if (kind !== 'sets' && kind !== 'container') return
      // Between the two, whichever of them comes first.
      if (listed.push(kind) === 1) other = await storeAndMerge(swept, '1', 'arm64')
    }
  })
  t.match(await swept.sweep({ index }), { stopped: undefined, condemned: { length: 0 }, deleted: { length: 0 } })
  t.same(listed, ['sets', 'container'])
  for (const each of [key, other]) t.equal(await swept.flag(each), undefined)
  t.same(await fallen(swept), [])
})

t.test('a set that is shown while a sweep looks whether it may delete loses nothing', async t => {
  const { swept, key } = await waiting(t)
  // Another sweep saw an older state, as an engine's search may show it, and so does this one.
  await swept.writeFlag({ state: 'condemned', at: new Date(0).toISOString(), key })
  const looked: DocumentKind[] = []
  const index = changed(swept.index, {
    documents: async function * (kind, options) {
      for await (const page of swept.index.documents(kind, options)) {
        const others = page.filter(({ id }) => id !== NAME)
        if (others.length > 0) yield others
      }
    },
    get: async (kind, id, deadline) => {
      const found = await swept.index.get(kind, id, deadline)
      if (id === NAME && looked.push(kind) === 1) await storeAndMerge(swept, '1', 'arm64')
      return found
    }
  })
  t.match(await swept.sweep({ index }), { stopped: undefined, pardoned: [{ key }], deleted: { length: 0 } })
  t.same(looked, ['sets', 'container'])
  t.ok(await swept.images.head(key))
})
