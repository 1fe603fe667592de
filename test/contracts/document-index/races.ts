import type { Test } from 'tap'
import { ABSENT } from '../../../src/ports/document-index.js'
import type { OpenDocumentIndex } from '../document-index.js'
import { ample, container, countOf, create, increment, read } from './helpers.js'

/** Conditional writes at the same time. */
export function races (t: Test, open: OpenDocumentIndex): void {
  t.test('of 32 increments at the same time none is lost', async t => {
    const { index } = await open(t)
    await create(index, 'container', 'a')
    await Promise.all(Array.from({ length: 32 }, async () => { await increment(index, 'container', 'a') }))
    t.equal(countOf((await read(index, 'container', 'a')).json), 32)
  })

  t.test('of 100 creations of one id at the same time exactly one is written', async t => {
    const { index } = await open(t)
    const outcomes = await Promise.all(Array.from({ length: 100 }, async (_, n) =>
      await index.put('container', 'a', container('a', n), ABSENT, ample())))
    const winner = outcomes.findIndex(({ outcome }) => outcome === 'written')
    t.equal(outcomes.filter(({ outcome }) => outcome === 'conflict').length, 99)
    t.equal(countOf((await read(index, 'container', 'a')).json), winner)
  })

  t.test('of a replacement and a removal on one version exactly one happens', async t => {
    const { index } = await open(t)
    for (let round = 0; round < 10; round++) {
      const id = `a-${round}`
      const version = await create(index, 'container', id)
      const [replaced, removed] = await Promise.all([
        index.put('container', id, container(id, 1), version, ample()),
        index.remove('container', id, version, ample())
      ])
      t.same([replaced.outcome, removed.outcome].toSorted(), ['conflict', 'written'])
      const after = await index.get('container', id, ample())
      t.equal(after?.json, replaced.outcome === 'written' ? container(id, 1) : undefined)
    }
  })

  t.test('writes of many ids at the same time all happen', async t => {
    const { index } = await open(t)
    const ids = Array.from({ length: 200 }, (_, n) => `c-${n}`)
    const versions = await Promise.all(ids.map(async id => await create(index, 'container', id)))
    for (const [n, id] of ids.entries()) {
      t.strictSame(await index.get('container', id, ample()), { id, json: container(id), version: versions[n] })
    }
  })
}
