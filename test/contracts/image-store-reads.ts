import type { Test } from 'tap'
import { anyBytes, bodyOf, bytesOf, gathered } from './bytes.js'
import { KEY, type Open } from './image-store-under-test.js'

/** What every ImageStore promises of ranges and lists. */
export function readsContract (t: Test, open: Open): void {
  rangesContract(t, open)
  listContract(t, open)
}

function rangesContract (t: Test, open: Open): void {
  t.test('a range is the bytes from first to last, both included', async t => {
    const { store } = await open(t)
    const bytes = anyBytes(1000)
    await store.put(KEY, bodyOf(bytes))
    for (const [range, first, last] of [
      [{ first: 0, last: 0 }, 0, 0], [{ first: 0, last: 999 }, 0, 999], [{ first: 10, last: 19 }, 10, 19],
      [{ first: 990 }, 990, 999], [{ first: 999 }, 999, 999], [{ first: 900, last: 5000 }, 900, 999],
      [{ suffix: 1 }, 999, 999], [{ suffix: 1000 }, 0, 999], [{ suffix: 5000 }, 0, 999]
    ] as const) {
      const read = await store.get(KEY, range)
      t.same(read?.range, { first, last }, JSON.stringify(range))
      t.equal(read?.size, 1000)
      t.same(await bytesOf(read?.body), bytes.subarray(first, last + 1))
    }
  })

  t.test('a range without a byte of the object is refused with the size', async t => {
    const { store } = await open(t)
    await store.put(KEY, bodyOf(anyBytes(1000)))
    await store.put('empty', bodyOf(anyBytes(0)))
    for (const range of [{ first: 1000 }, { first: 5000, last: 6000 }, { suffix: 0 }]) {
      await t.rejects(store.get(KEY, range), { code: 'RANGE_NOT_SATISFIABLE', details: { size: 1000 } }, JSON.stringify(range))
    }
    for (const range of [{ first: 0 }, { suffix: 1 }]) {
      await t.rejects(store.get('empty', range), { code: 'RANGE_NOT_SATISFIABLE', details: { size: 0 } }, JSON.stringify(range))
    }
  })
}

function listContract (t: Test, open: Open): void {
  t.test('a list is in the order of the keys, from any place', async t => {
    const { store } = await open(t)
    const keys = ['.leporello', 'containers/A/1', 'containers/a-b/1', 'containers/a.b/1', 'containers/a/1', 'containers/a/2/x',
      'containers/a/2.x', 'containers/a0/1', 'containers/b', 'other'].sort()
    for (const key of keys) await store.put(key, bodyOf(anyBytes(key.length)))
    t.same((await gathered(store.list(''))).map(({ key, size }) => [key, size]), keys.map(key => [key, key.length]))
    for (const prefix of ['containers/', 'containers/a', 'containers/a/', 'none']) {
      t.same((await gathered(store.list(prefix))).map(({ key }) => key), keys.filter(key => key.startsWith(prefix)), prefix)
    }
    for (const after of [...keys, 'containers/a/', 'a', 'z']) {
      t.same((await gathered(store.list('', after))).map(({ key }) => key), keys.filter(key => key > after), `after ${after}`)
      t.same((await gathered(store.list('containers/a', after))).map(({ key }) => key),
        keys.filter(key => key > after && key.startsWith('containers/a')), `containers/a after ${after}`)
    }
  })

  t.test('a list of more than a page holds every key once', async t => {
    const { store } = await open(t)
    const keys = Array.from({ length: 1010 }, (_, i) => `containers/${i % 7}/${i}`).sort()
    const waiting = [...keys]
    await Promise.all(Array.from({ length: 16 }, async () => {
      for (let key = waiting.pop(); key !== undefined; key = waiting.pop()) await store.put(key, bodyOf(Buffer.of(1)))
    }))
    let pages = 0
    const listed = []
    for await (const page of store.list('containers/')) {
      t.not(page.length, 0)
      listed.push(...page.map(({ key }) => key))
      pages++
    }
    t.same(listed, keys)
    t.ok(pages > 1)
  })
}
