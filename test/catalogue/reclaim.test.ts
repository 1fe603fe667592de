import t from 'tap'
import { ulid } from 'ulid'
import { FolderImageStore } from '../../src/adapters/folder/image-store.js'
import { S3ImageStore } from '../../src/adapters/s3/image-store.js'
import { Pardons } from '../../src/catalogue/pardons.js'
import { SweepFlags } from '../../src/catalogue/sweep-flags.js'
import { factsKey, placeOf } from '../../src/domain/tarball-key.js'
import { LeporelloError } from '../../src/errors.js'
import { changed, SweptCatalogue } from './swept-catalogue.js'

t.test('a condemned tarball that is named again is pardoned', async t => {
  const swept = await SweptCatalogue.make(t)
  await swept.storeNamed(2)
  const key = await swept.store('left:1')
  swept.later()
  await swept.sweep()
  await swept.write('container', 'left:1', `{"url":"${key}"}`)
  t.match(await swept.sweep(), { pardoned: [{ key }], deleted: { length: 0 } })
  t.equal(await swept.flag(key), undefined)
  await swept.catalogue.remove('container', 'left:1')
  t.match(await swept.sweep(), { condemned: [{ key }], deleted: { length: 0 } }, 'and begins again when it is unnamed again')
})

t.test('an add reclaims a condemned tarball, and one that is going is refused', async t => {
  const swept = await SweptCatalogue.make(t)
  await swept.storeNamed(3)
  const [kept, going] = [await swept.store('kept:1'), await swept.store('going:1')]
  swept.later()
  await swept.sweep()
  await swept.register('kept:1', kept)
  t.equal(await swept.flag(kept), undefined)
  await swept.writeFlag({ ...(await swept.flag(going))!, state: 'deleting' })
  await t.rejects(swept.register('going:1', going), { code: 'TARBALL_GONE' })
  swept.later()
  t.match(await swept.sweep(), { deleted: { length: 0 }, finished: [{ key: going }] })
  t.ok(await swept.images.head(kept))
})

t.test('an add between the second look and the deletion keeps the tarball', async t => {
  const swept = await SweptCatalogue.make(t)
  const key = await swept.storeCondemned('left:1')
  // The sweep has read the documents and looks at the object; now somebody registers it.
  let adds = 0
  const images = changed(swept.images, {
    async head (wanted) {
      if (wanted === key && adds++ === 0) await swept.register('copy:1', key)
      return await swept.images.head(wanted)
    }
  })
  t.match(await swept.sweep({ images }), { deleted: { length: 0 }, leftAlone: [{ key, reason: /registered again/ }] })
  t.equal(adds, 1)
  t.ok(await swept.images.head(key))
})

t.test('a foreign write of its own name that search does not show yet is seen by the read before the deletion', async t => {
  const swept = await SweptCatalogue.make(t)
  const key = await swept.storeCondemned('left:1')
  const images = changed(swept.images, {
    async head (wanted) {
      if (wanted === key) await swept.write('container', 'left:1', `{"url":"${key}"}`)
      return await swept.images.head(wanted)
    }
  })
  t.match(await swept.sweep({ images }), { deleted: { length: 0 }, pardoned: [{ key }] })
  t.ok(await swept.images.head(key))
})

t.test('several sweeps at once, with registrations between them, delete nothing that is named', async t => {
  const swept = await SweptCatalogue.make(t)
  await swept.storeNamed(30)
  const left = await Promise.all(Array.from({ length: 20 }, (_, n) => swept.store(`left-${n}:1`)))
  const kept = new Set<string>()
  const add = async (key: string, name: string) => {
    try {
      await swept.register(name, key)
      kept.add(key)
    } catch (error) {
      if (!(error instanceof LeporelloError) || error.code !== 'TARBALL_GONE') throw error
    }
  }
  for (let round = 0; round < 4; round++) {
    swept.later()
    const adds = round > 1 ? [] : left.filter((_, n) => n % 4 === round).map((key, n) => add(key, `again-${round}-${n}:1`))
    const reports = await Promise.all([swept.sweep(), swept.sweep(), swept.sweep()])
    await Promise.all(adds)
    for (const report of reports) t.equal(report.stopped, undefined)
  }
  const stored = new Set(await swept.keys())
  for (const key of kept) t.ok(stored.has(key) && stored.has(factsKey(key)), key)
  t.equal(stored.size, 2 * (30 + kept.size))
  t.ok(kept.size >= 5, `${kept.size} were registered in time`)
})

t.test('a tarball of ours that is not stored is refused, in every form of its url, and somebody else\'s is not', async t => {
  const swept = await SweptCatalogue.make(t)
  const [stored, lost, forgotten] = [await swept.store('stored:1'), await swept.store('lost:1'), await swept.store('forgotten:1', { recorded: false })]
  await swept.images.remove(lost)
  const never = stored.replace(placeOf(stored)!.ulid, ulid())
  const gone = { code: 'TARBALL_GONE', message: 'upload it again' }
  await swept.register('copy:1', stored)
  for (const key of [lost, forgotten, never, `${stored}.gz`]) {
    const url = swept.images.location(key)
    for (const form of [url, `${url}?versionId=1`]) {
      await t.rejects(swept.add('copy:2', form), gone, form)
      await t.rejects(swept.merge('copy:2', form), gone, form)
    }
    const theirs = url.replace('leporello.test', 'another.test')
    if (key !== lost) await t.resolves(swept.add('theirs:1', theirs), theirs)
  }
  await t.rejects(swept.add('copy:2', `s3://bucket/${lost}`), gone, 'the record tells whose it is, whatever stands before it')
  t.equal(await swept.catalogue.find('container', 'copy:2'), undefined)
})

t.test('without a record the url says whose a tarball in S3 is', async t => {
  for (const urlStyle of ['s3', 'endpoint', 'service'] as const) {
    const images = new S3ImageStore({ bucket: 'bucket', prefix: 'a/', region: 'us-west-2', urlStyle, publicUrl: () => 'http://leporello.test' })
    const swept = new SweptCatalogue({ index: (await SweptCatalogue.make(t)).index, images })
    const url = images.location(`containers/hello/${ulid()}/hello-1-amd64-00000000.tar.gz`)
    await t.rejects(swept.add('copy:1', url), { code: 'TARBALL_GONE' }, url)
    for (const theirs of [url.replace('bucket', 'another').replace('leporello', 'another'), url.replace('a/containers', 'b/containers')]) {
      if (theirs !== url) await t.resolves(swept.add('theirs:1', theirs), theirs)
    }
    await images.close()
  }
})

t.test('a service without an address has registered nothing under one', async t => {
  const { index } = await SweptCatalogue.make(t)
  const swept = new SweptCatalogue({ index, images: new FolderImageStore({ root: '/nowhere' }) })
  await t.resolves(swept.add('theirs:1', `http://127.0.0.1:8888/api/v0.1/container/tarball/${ulid()}/hello-1-amd64-00000000.tar`))
})

t.test('a document that is written past the service while a sweep deletes keeps the tarball, or is too late', async t => {
  const swept = await SweptCatalogue.make(t)
  const key = await swept.storeCondemned('left:1')
  const going = await swept.store('going:1')
  await swept.writeFlag({ state: 'deleting', at: '2026-01-01T00:00:00.000Z', key: going })
  const pardons = await Pardons.read(new SweepFlags({ index: swept.index, requestTimeoutMs: 5000 }))
  const named = JSON.stringify({ ready: JSON.stringify({ image: swept.images.location(key) }) })
  let late: string[] | undefined
  const images = changed(swept.images, {
    async head (wanted) {
      if (wanted === key && late === undefined) {
        late = await pardons.pardonNamedIn(named)
        await swept.write('job_spec', 'job-left:1', named)
      }
      return await swept.images.head(wanted)
    }
  })
  t.match(await swept.sweep({ images }), { deleted: { length: 0 }, leftAlone: [{ key }] })
  t.same(late, [])
  t.ok(await swept.images.head(key))
  t.same(await pardons.pardonNamedIn(swept.images.location(going)), [], 'that one was removed, and so was its flag')
  await swept.writeFlag({ state: 'deleting', at: '2026-01-01T00:00:00.000Z', key: going })
  t.same(await pardons.pardonNamedIn(swept.images.location(going)), [going])
  t.same(await pardons.pardonNamedIn('{"url":"s3://bucket/other.tar"}'), [])
})
