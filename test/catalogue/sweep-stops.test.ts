import { Readable } from 'node:stream'
import t from 'tap'
import { ulid } from 'ulid'
import { LeporelloError } from '../../src/errors.js'
import { factsKey } from '../../src/domain/tarball-key.js'
import { changed, GRACE_MS, SweptCatalogue } from './swept-catalogue.js'

const keysOf = (swept: ReadonlyArray<{ key: string }>) => swept.map(({ key }) => key).sort()

t.test('more than half newly unnamed stops the sweep, unless it is forced', async t => {
  const swept = await SweptCatalogue.make(t)
  const named = await swept.storeNamed(2)
  const left = [await swept.store('left:1'), await swept.store('left:2'), await swept.store('left:3')]
  await swept.writeFlag({ state: 'deleting', at: new Date(0).toISOString(), key: await swept.store('going:1') })
  await swept.catalogue.remove('container', 'named-0:1')
  swept.later()
  const before = await swept.keys()
  t.match(await swept.sweep(), { stopped: /4 of 6 .* more than half.*--force/s, condemned: { length: 0 }, finished: { length: 0 } })
  t.same(await swept.keys(), before)
  t.match(await swept.sweep({}, { dryRun: true }), { stopped: String })
  t.same(keysOf((await swept.sweep({}, { force: true })).condemned), [...left, named[0]].sort())
  t.match(await swept.sweep(), { stopped: undefined, waiting: { length: 4 } }, 'those condemned before are not new')
})

t.test('half is not more than half', async t => {
  const swept = await SweptCatalogue.make(t)
  await swept.storeNamed(1)
  await swept.store('left:1')
  swept.later()
  t.match(await swept.sweep(), { stopped: undefined, condemned: { length: 1 } })
})

t.test('the place must be marked as this catalogue\'s', async t => {
  const swept = await SweptCatalogue.make(t)
  t.match(await swept.sweep(), { stopped: undefined, tarballs: 0 }, 'nothing was ever stored')
  t.same(await swept.meta(), [], 'and no id is made')
  await swept.store('left:1')
  swept.later()
  await swept.images.remove('.leporello')
  t.match(await swept.sweep({}, { force: true }), { stopped: /does not say whose/, condemned: { length: 0 } })
  await swept.images.createOnce('.leporello', Buffer.from('another'))
  t.match(await swept.sweep({}, { force: true }), { stopped: /belong to the catalogue another/, condemned: { length: 0 } })
})

t.test('what others keep in the same place is never touched', async t => {
  const swept = await SweptCatalogue.make(t)
  await swept.storeNamed(3)
  const time = ulid()
  const foreign = [
    'container-hello-1.0.tar.gz',
    'containers/readme.txt',
    'containers/hello/container-hello-1.0.tar.gz',
    'containers/hello/not-a-ulid/hello.tar.gz',
    `containers/hello/${time}/deep/hello.tar.gz`,
    `sds/containers/hello/${time}/hello.tar.gz`,
    `containers/theirs/${time}/theirs.tar.gz`
  ]
  for (const [n, key] of foreign.entries()) {
    const metadata = n === foreign.length - 1 ? { catalogue: 'another', container: 'theirs' } : {}
    await swept.images.put(key, Readable.from([Buffer.from('theirs')]), { metadata })
  }
  swept.later()
  t.match(await swept.sweep({}, { force: true }), { condemned: { length: 0 }, leftAlone: [{ key: foreign.at(-1), reason: /id/ }] })
  await swept.writeFlag({ state: 'condemned', at: new Date(0).toISOString(), key: foreign.at(-1)! })
  swept.later()
  t.match(await swept.sweep({}, { force: true }), { deleted: { length: 0 }, leftAlone: [{ key: foreign.at(-1) }] })
  const keys = await swept.keys()
  for (const key of foreign) t.ok(keys.includes(key), key)
})

t.test('the younger of the upload and the object counts, and an upload of the future is too young', async t => {
  const swept = await SweptCatalogue.make(t)
  await swept.storeNamed(4)
  const oldUpload = await swept.store('old:1', { ulid: ulid(Date.now() - 10 * GRACE_MS) })
  const future = await swept.store('future:1', { ulid: ulid(Date.now() + 2 * GRACE_MS) })
  t.match(await swept.sweep(), { condemned: { length: 0 } }, 'the object was stored just now')
  swept.later()
  t.same(keysOf((await swept.sweep()).condemned), [oldUpload])
  swept.later()
  swept.later()
  swept.later()
  t.match(await swept.sweep(), { condemned: [{ key: future }] })
})

t.test('clocks that differ by more than an eighth of the grace stop the sweep', async t => {
  const swept = await SweptCatalogue.make(t)
  await swept.store('left:1')
  swept.later()
  for (const off of [GRACE_MS / 8 + 5000, -GRACE_MS / 8 - 5000]) {
    const now = () => new Date(Date.now() + swept.ahead + off)
    t.match(await swept.sweep({ now }, { force: true }), { stopped: /clock/, condemned: { length: 0 } }, String(off))
  }
  const near = () => new Date(Date.now() + swept.ahead + GRACE_MS / 9)
  t.match(await swept.sweep({ now: near }, { force: true }), { stopped: undefined, condemned: { length: 1 } })
})

t.test('a sweep that is told to stop does nothing more', async t => {
  const swept = await SweptCatalogue.make(t)
  await swept.storeNamed(2)
  await swept.store('left:1')
  swept.later()
  t.match(await swept.sweep({}, { signal: AbortSignal.abort() }), { stopped: 'it was told to stop', condemned: { length: 0 } })
})

t.test('what the store will not remove is told of, and keeps nothing else from being swept', async t => {
  const swept = await SweptCatalogue.make(t)
  await swept.storeNamed(4)
  const locked = [await swept.store('locked:1'), await swept.store('locked:2')]
  swept.later()
  await swept.sweep()
  const free = await swept.store('locked:3')
  const later = await swept.store('left:1')
  await swept.writeFlag({ state: 'condemned', at: new Date(0).toISOString(), key: free })
  swept.later()
  const refusal = new LeporelloError('STORE_REFUSED', 'protected by object lock')
  const put = { id: 'locked', key: locked[0]!, startedAt: new Date(0) }
  const images = changed(swept.images, {
    remove: async key => {
      if (locked.includes(key)) throw refusal
      await swept.images.remove(key)
    },
    unfinished: async function * () { yield [put, { ...put, id: 'free' }] },
    abandon: async ({ id }) => { if (id === 'locked') throw refusal }
  })
  for (const n of [1, 2]) {
    const report = await swept.sweep({ images })
    t.match(report, { stopped: 'protected by object lock', leftAlone: { length: 2 }, abandoned: { length: 1 } })
    t.same(keysOf(report.leftAlone), locked)
    t.same(keysOf(report.deleted), n === 1 ? [free] : [])
    t.same(keysOf([...report.condemned, ...report.waiting]), [later])
  }
  const keys = await swept.keys()
  for (const key of locked) t.ok(keys.includes(key), key)
  t.match(await swept.sweep(), { stopped: undefined, finished: { length: 2 } }, 'until it lets them go')
})

t.test('the record of a tarball that is there stays, though the store\'s list leaves the tarball out', async t => {
  const swept = await SweptCatalogue.make(t)
  const [lost] = await swept.storeNamed(3)
  const [late, gone] = [await swept.store('late:1'), await swept.store('gone:1')]
  for (const key of [lost!, gone]) await swept.images.remove(key)
  await swept.images.remove(factsKey(lost!))
  swept.later()
  const asked: string[] = []
  const images = changed(swept.images, {
    list: async function * (prefix) {
      for await (const page of swept.images.list(prefix)) yield page.filter(({ key }) => !/late|gone/.test(key))
    },
    async head (key) {
      asked.push(key)
      return await swept.images.head(key)
    }
  })
  t.match(await swept.sweep({ images }), { stopped: undefined, records: { length: 1 } })
  t.same([await swept.hasRecord(lost!), await swept.hasRecord(late), await swept.hasRecord(gone)], [true, true, false])
  t.same(asked.sort(), [gone, late].sort(), 'of what is still named the record stays in any case')
})
