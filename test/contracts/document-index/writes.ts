import type { Test } from 'tap'
import { ABSENT } from '../../../src/ports/document-index.js'
import type { OpenDocumentIndex } from '../document-index.js'
import { ample, container, create, read, sameIds, versionOf } from './helpers.js'

/** Conditional writes, one at a time. */
export function writes (t: Test, open: OpenDocumentIndex): void {
  t.test('a document that was never written is undefined', async t => {
    const { index } = await open(t)
    t.equal(await index.get('container', 'nobody', ample()), undefined)
  })

  t.test('a document is created where there is none', async t => {
    const { index } = await open(t)
    const version = await create(index, 'container', 'a', '{"id":"a"}')
    t.strictSame(await index.get('container', 'a', ample()), { id: 'a', json: '{"id":"a"}', version })
  })

  t.test('creating what is there already is a conflict and changes nothing', async t => {
    const { index } = await open(t)
    await create(index, 'container', 'a', container('a', 1))
    const before = await read(index, 'container', 'a')
    const outcome = await index.put('container', 'a', container('a', 2), ABSENT, ample())
    t.same(outcome, { outcome: 'conflict' })
    t.strictSame(await read(index, 'container', 'a'), before)
  })

  t.test('a document is replaced on its version, whether a write or a read gave it', async t => {
    const { index } = await open(t)
    const first = await create(index, 'container', 'a')
    const second = versionOf(await index.put('container', 'a', container('a', 2), first, ample()))
    t.not(second, first)
    const stored = await read(index, 'container', 'a')
    t.strictSame(stored, { id: 'a', json: container('a', 2), version: second })
    versionOf(await index.put('container', 'a', container('a', 3), stored.version, ample()))
    t.equal((await read(index, 'container', 'a')).json, container('a', 3))
  })

  t.test('writing the same text again is a write: the version changes', async t => {
    const { index } = await open(t)
    const first = await create(index, 'container', 'a')
    const second = versionOf(await index.put('container', 'a', container('a'), first, ample()))
    t.not(second, first)
    t.equal((await read(index, 'container', 'a')).version, second)
  })

  t.test('a stale version is a conflict and changes nothing', async t => {
    const { index } = await open(t)
    const stale = await create(index, 'container', 'a')
    await index.put('container', 'a', container('a', 2), stale, ample())
    const before = await read(index, 'container', 'a')
    t.same(await index.put('container', 'a', container('a', 3), stale, ample()), { outcome: 'conflict' })
    t.same(await index.remove('container', 'a', stale, ample()), { outcome: 'conflict' })
    t.strictSame(await read(index, 'container', 'a'), before)
  })

  t.test('a document is removed on its version', async t => {
    const { index } = await open(t)
    const version = await create(index, 'container', 'a')
    t.not(versionOf(await index.remove('container', 'a', version, ample())), version)
    t.equal(await index.get('container', 'a', ample()), undefined)
    await sameIds(t, index, 'container', [])
  })

  t.test('what was removed can be neither replaced nor removed on its old version', async t => {
    const { index } = await open(t)
    const version = await create(index, 'container', 'a')
    await index.remove('container', 'a', version, ample())
    t.same(await index.put('container', 'a', container('a'), version, ample()), { outcome: 'conflict' })
    t.same(await index.remove('container', 'a', version, ample()), { outcome: 'conflict' })
    t.equal(await index.get('container', 'a', ample()), undefined)
  })

  t.test('removal and creation anew never bring an old version back', async t => {
    const { index } = await open(t)
    const versions = [await create(index, 'container', 'a')]
    for (let round = 0; round < 3; round++) {
      versions.push(versionOf(await index.remove('container', 'a', versions.at(-1)!, ample())))
      versions.push(await create(index, 'container', 'a'))
    }
    t.equal(new Set(versions).size, versions.length)
    for (const old of versions.slice(0, -1)) {
      t.same(await index.put('container', 'a', container('a', 9), old, ample()), { outcome: 'conflict' })
    }
    t.equal((await read(index, 'container', 'a')).json, container('a'))
  })

  t.test('kinds do not mix', async t => {
    const { index } = await open(t)
    const version = await create(index, 'container', 'a', '{"id":"a","kind":"container"}')
    await create(index, 'hysds_io', 'a', '{"id":"a","kind":"hysds_io"}')
    t.equal(await index.get('job_spec', 'a', ample()), undefined)
    t.equal((await read(index, 'hysds_io', 'a')).json, '{"id":"a","kind":"hysds_io"}')
    versionOf(await index.remove('container', 'a', version, ample()))
    await sameIds(t, index, 'container', [])
    await sameIds(t, index, 'job_spec', [])
    await sameIds(t, index, 'hysds_io', ['a'])
  })
}
