import type { Test } from 'tap'
import { ABSENT } from '../../../src/ports/document-index.js'
import type { OpenDocumentIndex } from '../document-index.js'
import { ample, container, countOf, create, increment, pagesOf, read, sameIds, versionOf } from './helpers.js'

/** Two clients of the same data. */
export function clients (t: Test, open: OpenDocumentIndex): void {
  t.test('what one client had acknowledged another reads at once', async t => {
    const { index: one, again } = await open(t)
    const other = await again()
    for (let count = 0; count < 50; count++) {
      const [writer, reader] = count % 2 === 0 ? [one, other] : [other, one]
      const expected = (await reader.get('container', 'a', ample()))?.version ?? ABSENT
      const version = versionOf(await writer.put('container', 'a', container('a', count), expected, ample()))
      t.strictSame(await reader.get('container', 'a', ample()), { id: 'a', json: container('a', count), version })
    }
  })

  t.test('what one client had acknowledged another lists after a refresh', async t => {
    const { index: one, again } = await open(t)
    const other = await again()
    const version = await create(one, 'container', 'a')
    await create(one, 'container', 'b')
    await sameIds(t, other, 'container', ['a', 'b'])
    versionOf(await one.remove('container', 'a', version, ample()))
    await sameIds(t, other, 'container', ['b'])
    const [document] = (await pagesOf(other.documents('container'))).flat()
    t.equal(document?.json, container('b'))
  })

  t.test('a client that is behind conflicts', async t => {
    const { index: one, again } = await open(t)
    const other = await again()
    await create(one, 'container', 'a')
    const { version } = await read(other, 'container', 'a')
    versionOf(await one.put('container', 'a', container('a', 1), version, ample()))
    t.same(await other.put('container', 'a', container('a', 2), version, ample()), { outcome: 'conflict' })
    t.same(await other.remove('container', 'a', version, ample()), { outcome: 'conflict' })
    t.same(await other.put('container', 'a', container('a', 2), ABSENT, ample()), { outcome: 'conflict' })
    t.equal(countOf((await read(other, 'container', 'a')).json), 1)
  })

  t.test('of 32 increments at the same time by two clients none is lost', async t => {
    const { index: one, again } = await open(t)
    const other = await again()
    await create(one, 'container', 'a')
    await Promise.all(Array.from({ length: 32 }, async (_, n) => {
      await increment(n % 2 === 0 ? one : other, 'container', 'a')
    }))
    t.equal(countOf((await read(one, 'container', 'a')).json), 32)
  })

  t.test('a client that closes leaves the other at work', async t => {
    const { index: one, again } = await open(t)
    const other = await again()
    const version = await create(one, 'container', 'a')
    await one.close()
    versionOf(await other.put('container', 'a', container('a', 1), version, ample()))
    t.equal(countOf((await read(other, 'container', 'a')).json), 1)
  })
}
