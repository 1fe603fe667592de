import t from 'tap'
import { ulid } from 'ulid'
import { factsKey, placeOf } from '../../src/domain/tarball-key.js'
import { changed, GRACE_MS, SweptCatalogue } from './swept-catalogue.js'

t.test('an unnamed tarball is condemned after the grace, and deleted after another', async t => {
  const swept = await SweptCatalogue.make(t)
  const named = await swept.storeNamed(2)
  const key = await swept.store('left:1')
  t.match(await swept.sweep(), { stopped: undefined, tarballs: 3, young: 3, condemned: { length: 0 }, deleted: { length: 0 } }, 'too young')
  swept.later()
  t.match(await swept.sweep(), { candidates: 1, condemned: [{ key, size: 10 }], deleted: { length: 0 } })
  t.match(await swept.flag(key), { state: 'condemned', key })
  t.match(await swept.sweep(), { condemned: { length: 0 }, waiting: [{ key }], deleted: { length: 0 } }, 'not at once')
  swept.later()
  t.match(await swept.sweep(), { waiting: { length: 0 }, deleted: [{ key }] })
  t.equal(await swept.flag(key), undefined)
  t.notOk(await swept.hasRecord(key))
  t.same(await swept.keys(), named.flatMap(key => [key, factsKey(key)]).sort())
  t.ok(await swept.hasRecord(named[0]!))
})

t.test('a dry run tells the same and changes nothing', async t => {
  const swept = await SweptCatalogue.make(t)
  await swept.storeNamed(3)
  const [first, second] = [await swept.store('left:1'), await swept.store('left:2', { recorded: false })]
  await swept.catalogue.records.write(ulid(), { name: 'gone:1', tarballs: [] })
  swept.later()
  const state = async () => [await swept.keys(), await swept.meta()]
  let before = await state()
  t.match(await swept.sweep({}, { dryRun: true }), { dryRun: true, condemned: { length: 2 }, records: { length: 1 } })
  t.same(await state(), before)
  await swept.writeFlag({ state: 'condemned', at: new Date(0).toISOString(), key: first })
  await swept.writeFlag({ state: 'deleting', at: new Date(0).toISOString(), key: second })
  before = await state()
  t.match(await swept.sweep({}, { dryRun: true }), { deleted: [{ key: first }], finished: [{ key: second }] })
  t.same(await state(), before)
})

t.test('what a sweep that crashed has left is finished by the next one', async t => {
  const at = new Date(0).toISOString()
  const crashes: Record<string, (swept: SweptCatalogue, key: string) => Promise<void>> = {
    'after the flag': async () => {},
    'after the tarball': (swept, key) => swept.images.remove(key),
    'after the facts': async (swept, key) => {
      await swept.images.remove(key)
      await swept.images.remove(factsKey(key))
    },
    'after a foreign write named what was gone': async (swept, key) => {
      await swept.images.remove(key)
      await swept.write('container', 'foreign', `{"url":"${key}"}`)
    }
  }
  for (const [when, crash] of Object.entries(crashes)) {
    const swept = await SweptCatalogue.make(t)
    const key = await swept.store('left:1')
    await swept.writeFlag({ state: 'deleting', at, key })
    await crash(swept, key)
    t.match(await swept.sweep(), { stopped: undefined, finished: [{ key }] }, when)
    t.same(await swept.keys(), [], when)
    t.equal(await swept.flag(key), undefined, when)
    t.notOk(await swept.hasRecord(key), when)
  }
})

t.test('after the flag was removed the record leads to the end', async t => {
  const swept = await SweptCatalogue.make(t)
  const key = await swept.store('left:1')
  await swept.images.remove(key)
  await swept.images.remove(factsKey(key))
  t.match(await swept.sweep(), { records: { length: 0 } }, 'too young')
  swept.later()
  await swept.write('container', 'foreign', `{"url":"${key}"}`)
  t.match(await swept.sweep(), { records: { length: 0 } }, 'who registers it again is to be told that it is gone')
  await t.rejects(swept.register('left:1', key), { code: 'TARBALL_GONE' })
  await swept.catalogue.remove('container', 'foreign')
  t.match(await swept.sweep(), { records: [placeOf(key)!.ulid] })
  t.notOk(await swept.hasRecord(key))
})

t.test('a document that names what is being deleted keeps what is still there', async t => {
  const swept = await SweptCatalogue.make(t)
  const key = await swept.store('left:1')
  await swept.writeFlag({ state: 'deleting', at: new Date(0).toISOString(), key })
  await swept.write('container', 'foreign', `{"url":"${key}"}`)
  t.match(await swept.sweep(), { finished: { length: 0 }, leftAlone: [{ key, reason: /a document names it/ }] })
  t.ok(await swept.images.head(key))
  t.match(await swept.flag(key), { state: 'deleting' })
})

t.test('facts without their tarball go as it would', async t => {
  const swept = await SweptCatalogue.make(t)
  await swept.storeNamed(2)
  const key = await swept.store('left:1', { recorded: false })
  await swept.images.remove(key)
  swept.later()
  t.match(await swept.sweep(), { condemned: [{ key, size: 5 }] })
  swept.later()
  t.match(await swept.sweep(), { deleted: [{ key }] })
  t.equal(await swept.images.head(factsKey(key)), undefined)
})

t.test('the record stays until the last tarball of the upload is gone', async t => {
  const swept = await SweptCatalogue.make(t)
  await swept.storeNamed(2)
  const upload = ulid()
  const [kept, left] = [await swept.store('two:1', { ulid: upload }), await swept.store('two:1', { ulid: upload, label: 'arm64' })]
  await swept.register('two:1', kept)
  for (let stage = 0; stage < 2; stage++) {
    swept.later()
    await swept.sweep()
  }
  t.equal(await swept.images.head(left), undefined)
  t.ok(await swept.hasRecord(kept))
  await swept.catalogue.remove('container', 'two:1')
  for (let stage = 0; stage < 2; stage++) {
    await swept.sweep()
    swept.later()
  }
  t.equal(await swept.images.head(kept), undefined)
  t.notOk(await swept.hasRecord(kept))
})

t.test('unfinished uploads of ours are abandoned when they are older than the grace', async t => {
  const swept = await SweptCatalogue.make(t)
  await swept.storeNamed(1)
  const ours = `containers/left/${ulid()}/left.tar.gz`
  const puts = [ours, '', 'sds/theirs.tar.gz', 'containers/theirs.tar.gz'].map((key, id) => ({ key, id: String(id), startedAt: new Date(0) }))
  const abandoned: string[] = []
  let before: Date | undefined
  const images = changed(swept.images, {
    async * unfinished (startedBefore) {
      before = startedBefore
      yield puts
    },
    async abandon ({ key }) { abandoned.push(key) }
  })
  t.match(await swept.sweep({ images }, { dryRun: true }), { abandoned: { length: 2 } })
  t.same(abandoned, [])
  await swept.sweep({ images })
  t.same(abandoned, [ours, ''])
  t.ok(Math.abs(Date.now() - GRACE_MS - before!.getTime()) < 10_000)
})
