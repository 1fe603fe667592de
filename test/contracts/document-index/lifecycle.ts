import type { Test } from 'tap'
import { ABSENT } from '../../../src/ports/document-index.js'
import type { Version } from '../../../src/ports/document-index.js'
import type { OpenDocumentIndex } from '../document-index.js'
import { ample, container, create, pagesOf, sameIds } from './helpers.js'

/** Refresh, health and the end. */
export function lifecycle (t: Test, open: OpenDocumentIndex): void {
  t.test('refresh may be called at any time, and as often as one likes', async t => {
    const { index } = await open(t)
    await index.refresh('container', ample())
    await create(index, 'container', 'a')
    await Promise.all([1, 2, 3].map(async () => { await index.refresh('container', ample()) }))
    await index.refresh('container', ample())
    await sameIds(t, index, 'container', ['a'])
  })

  t.test('what was written to exists, and an index that is nobody\'s cannot be read', async t => {
    const { index } = await open(t)
    await create(index, 'meta', 'a')
    t.equal(await index.exists('meta', ample()), true)
    await t.rejects(async () => { for await (const page of index.foreignDocuments('nobodys')) t.fail(String(page)) },
      { code: 'INDEX_UNAVAILABLE', message: /"nobodys"/ })
  })

  t.test('an index that serves is up and says what it is', async t => {
    const { index } = await open(t)
    const health = await index.health(ample())
    t.match(health, { kind: /^[a-z]+$/, version: /^\d+\.\d+/, state: 'up' })
    t.equal(health.reason, undefined)
  })

  t.test('a closed index refuses every call and says that it is down', async t => {
    const { index } = await open(t)
    const version = await create(index, 'container', 'a')
    await index.close()
    const refusal = { code: 'INDEX_UNAVAILABLE' }
    await t.rejects(index.get('container', 'a', ample()), refusal)
    await t.rejects(index.put('container', 'b', container('b'), ABSENT, ample()), refusal)
    await t.rejects(index.put('container', 'a', container('a'), version, ample()), refusal)
    await t.rejects(index.remove('container', 'a', version, ample()), refusal)
    await t.rejects(pagesOf(index.ids('container')), refusal)
    await t.rejects(pagesOf(index.documents('container')), refusal)
    await t.rejects(index.refresh('container', ample()), refusal)
    t.match(await index.health(ample()), { state: 'down', reason: /\w/ })
  })

  t.test('an index may be closed twice', async t => {
    const { index } = await open(t)
    await index.close()
    await t.resolves(index.close())
  })

  t.test('writes in flight when an index is closed end written or refused, and what was written is there', async t => {
    const { index, again } = await open(t)
    const ids = Array.from({ length: 20 }, (_, n) => `c-${n}`)
    const writes = ids.map(async id => await index.put('container', id, container(id), ABSENT, ample()))
    const [ends] = await Promise.all([Promise.allSettled(writes), index.close()])
    const other = await again()
    for (const [n, end] of ends.entries()) {
      const there = await other.get('container', ids[n]!, ample())
      if (end.status === 'rejected') t.match(end.reason, { code: 'INDEX_UNAVAILABLE' })
      else if (end.value.outcome === 'written') t.equal(there?.version satisfies Version | undefined, end.value.version)
    }
  })
}
