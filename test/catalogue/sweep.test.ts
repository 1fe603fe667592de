import { Readable } from 'node:stream'
import t from 'tap'
import { ulid } from 'ulid'
import { factsKey, placeOf } from '../../src/domain/tarball-key.js'
import { LeporelloError } from '../../src/errors.js'
import { changed, GRACE_MS, SweptCatalogue } from './swept-catalogue.js'

const keysOf = (swept: ReadonlyArray<{ key: string }>) => swept.map(({ key }) => key).sort()

t.test('an unnamed tarball is condemned after the grace, and deleted after another', async t => {
  const swept = await SweptCatalogue.make(t)
  const named = await swept.storeNamed(2)
  const key = await swept.store('left:1')
  t.match(await swept.sweep(), { stopped: undefined, tarballs: 3, young: 3, condemned: [], deleted: [] }, 'too young')
  swept.later()
  t.match(await swept.sweep(), { candidates: 1, condemned: [{ key, size: 10 }], deleted: [] })
  t.match(await swept.flag(key), { state: 'condemned', key })
  t.match(await swept.sweep(), { condemned: [], waiting: [{ key }], deleted: [] }, 'not at once')
  swept.later()
  t.match(await swept.sweep(), { waiting: [], deleted: [{ key }] })
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
  const state = async () => [await swept.keys(), await metaOf(swept)]
  let before = await state()
  t.match(await swept.sweep({}, { dryRun: true }), { dryRun: true, condemned: { length: 2 }, records: { length: 1 } })
  t.same(await state(), before)
  await swept.writeFlag({ state: 'condemned', at: new Date(0).toISOString(), key: first })
  await swept.writeFlag({ state: 'deleting', at: new Date(0).toISOString(), key: second })
  before = await state()
  t.match(await swept.sweep({}, { dryRun: true }), { deleted: [{ key: first }], finished: [{ key: second }] })
  t.same(await state(), before)
})

async function metaOf ({ index }: SweptCatalogue): Promise<string[]> {
  const documents: string[] = []
  for await (const page of index.documents('meta')) documents.push(...page.map(({ id, json }) => `${id} ${json}`))
  return documents
}

t.test('whatever document names a tarball, and however it is written there, it stays', async t => {
  const forms: Array<[kind: 'container' | 'job_spec' | 'hysds_io', text: (key: string) => string]> = [
    ['container', key => `{"url":"s3://bucket/prefix/${key}"}`],
    ['container', key => `{"url":"s3:\\/\\/bucket\\/${key.replaceAll('/', '\\/')}"}`],
    ['container', key => `{"urls":"{\\"amd64\\": \\"s3:\\\\/\\\\/b\\\\/${key.replaceAll('/', '\\\\/')}\\"}"}`],
    ['container', key => `{"url":"http:\\u002f\\u002fhost\\u002f${key.replaceAll('/', '\\u002F')}"}`],
    ['job_spec', key => `{"dependency_images":[{"container_image_url":"http://host/api/v0.1/container/tarball/${key.split('/').slice(-2).join('/')}"}]}`],
    ['job_spec', key => `{"anything":"https://host/${key}?versionId=1"}`],
    ['job_spec', key => `{"anything":"https://host/?prefix=${encodeURIComponent(key)}"}`],
    ['hysds_io', key => `{"default":"${key}"}`],
    ['container', key => `{"facts":"${factsKey(key)}"}`]
  ]
  const swept = await SweptCatalogue.make(t)
  const keys = []
  for (const [n, [kind, text]] of forms.entries()) {
    const key = await swept.store(`form-${n}:1`)
    await swept.write(kind, `named-${n}`, text(key))
    keys.push(key)
  }
  const left = await swept.store('left:1')
  await swept.write('container', 'other', `{"url":"s3://bucket/${placeOf(left)!.ulid}/another.tar.gz ${left.split('/').at(-1)}"}`)
  swept.later()
  t.match(await swept.sweep(), { condemned: [{ key: left }], candidates: 1 })
  swept.later()
  await swept.sweep()
  t.same(await swept.keys(), keys.flatMap(key => [key, factsKey(key)]).sort())
})

t.test('further indices name tarballs too, and one that is missing stops the sweep', async t => {
  const swept = await SweptCatalogue.make(t)
  const key = await swept.store('left:1')
  swept.later()
  const index = changed(swept.index, {
    async * foreignDocuments (name: string) {
      if (name !== 'theirs') throw new LeporelloError('INDEX_UNAVAILABLE', `there is no index "${name}"`)
      yield [{ id: 'x', json: `{"u":"${key}"}`, version: '1' as never }]
    }
  })
  t.match(await swept.sweep({ index, indices: ['theirs'] }), { candidates: 0, condemned: [] })
  t.match(await swept.sweep({ index, indices: ['theirs', 'nosuch'] }, { force: true }), { stopped: /nosuch/, condemned: [] })
})

t.test('when anything that could name a tarball cannot be read, nothing is deleted', async t => {
  const swept = await SweptCatalogue.make(t)
  const [key, other] = [await swept.store('left:1'), await swept.store('left:2')]
  await swept.writeFlag({ state: 'condemned', at: new Date(0).toISOString(), key })
  await swept.writeFlag({ state: 'deleting', at: new Date(0).toISOString(), key: other })
  swept.later()
  const down = () => { throw new LeporelloError('INDEX_UNAVAILABLE', 'a shard failed') }
  let asked = 0
  const broken = {
    'no index of containers': changed(swept.index, { exists: async kind => kind !== 'container' }),
    'no index of job specifications': changed(swept.index, { exists: async kind => kind !== 'job_spec' }),
    'an index that is removed while it is read': changed(swept.index, { exists: async kind => kind !== 'container' || ++asked === 1 }),
    'a page that fails': changed(swept.index, { documents: kind => kind === 'job_spec' ? down() : swept.index.documents(kind) }),
    'a refresh that fails': changed(swept.index, { refresh: async kind => { if (kind === 'container') down() } })
  }
  for (const [what, index] of Object.entries(broken)) {
    const report = await swept.sweep({ index }, { force: true })
    t.match(report, { stopped: String, deleted: [], finished: [], condemned: [], records: [] }, what)
    t.equal((await swept.keys()).length, 4, what)
  }
  const images = changed(swept.images, { list: () => { throw new LeporelloError('STORE_UNAVAILABLE', 'the store is down') } })
  t.match(await swept.sweep({ images }, { force: true }), { stopped: 'the store is down', deleted: [] })
  t.match(await swept.sweep({}, { force: true }), { stopped: undefined, deleted: [{ key }], finished: [{ key: other }] })
})

t.test('a missing index of hysds_io stops nothing', async t => {
  const swept = await SweptCatalogue.make(t)
  t.match(await swept.sweep({ index: changed(swept.index, { exists: async kind => kind !== 'hysds_io' }) }), { stopped: undefined })
})

t.test('more than half newly unnamed stops the sweep, unless it is forced', async t => {
  const swept = await SweptCatalogue.make(t)
  const named = await swept.storeNamed(2)
  const left = [await swept.store('left:1'), await swept.store('left:2'), await swept.store('left:3')]
  await swept.writeFlag({ state: 'deleting', at: new Date(0).toISOString(), key: await swept.store('going:1') })
  await swept.catalogue.remove('container', 'named-0:1')
  swept.later()
  const before = await swept.keys()
  t.match(await swept.sweep(), { stopped: /4 of 6 .* more than half.*--force/s, condemned: [], finished: [] })
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
  t.same(await metaOf(swept), [], 'and no id is made')
  await swept.store('left:1')
  swept.later()
  await swept.images.remove('.leporello')
  t.match(await swept.sweep({}, { force: true }), { stopped: /does not say whose/, condemned: [] })
  await swept.images.createOnce('.leporello', Buffer.from('another'))
  t.match(await swept.sweep({}, { force: true }), { stopped: /belong to the catalogue another/, condemned: [] })
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
  t.match(await swept.sweep({}, { force: true }), { condemned: [], leftAlone: [{ key: foreign.at(-1), reason: /id/ }] })
  await swept.writeFlag({ state: 'condemned', at: new Date(0).toISOString(), key: foreign.at(-1)! })
  swept.later()
  t.match(await swept.sweep({}, { force: true }), { deleted: [], leftAlone: [{ key: foreign.at(-1) }] })
  const keys = await swept.keys()
  for (const key of foreign) t.ok(keys.includes(key), key)
})

t.test('a condemned tarball that is named again is pardoned', async t => {
  const swept = await SweptCatalogue.make(t)
  await swept.storeNamed(2)
  const key = await swept.store('left:1')
  swept.later()
  await swept.sweep()
  await swept.write('container', 'left:1', `{"url":"${key}"}`)
  t.match(await swept.sweep(), { pardoned: [{ key }], deleted: [] })
  t.equal(await swept.flag(key), undefined)
  await swept.catalogue.remove('container', 'left:1')
  t.match(await swept.sweep(), { condemned: [{ key }], deleted: [] }, 'and begins again when it is unnamed again')
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
  t.match(await swept.sweep(), { deleted: [], finished: [{ key: going }] })
  t.ok(await swept.images.head(kept))
})

t.test('an add between the second look and the deletion keeps the tarball', async t => {
  const swept = await SweptCatalogue.make(t)
  await swept.storeNamed(2)
  const key = await swept.store('left:1')
  swept.later()
  await swept.sweep()
  swept.later()
  // The sweep has read the documents and looks at the object; now somebody registers it.
  let adds = 0
  const images = changed(swept.images, {
    async head (wanted) {
      if (wanted === key && adds++ === 0) await swept.register('copy:1', key)
      return await swept.images.head(wanted)
    }
  })
  t.match(await swept.sweep({ images }), { deleted: [], leftAlone: [{ key, reason: /registered again/ }] })
  t.equal(adds, 1)
  t.ok(await swept.images.head(key))
})

t.test('a foreign write of its own name that search does not show yet is seen by the read before the deletion', async t => {
  const swept = await SweptCatalogue.make(t)
  await swept.storeNamed(2)
  const key = await swept.store('left:1')
  swept.later()
  await swept.sweep()
  swept.later()
  const images = changed(swept.images, {
    async head (wanted) {
      if (wanted === key) await swept.write('container', 'left:1', `{"url":"${key}"}`)
      return await swept.images.head(wanted)
    }
  })
  t.match(await swept.sweep({ images }), { deleted: [], pardoned: [{ key }] })
  t.ok(await swept.images.head(key))
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
  t.match(await swept.sweep(), { records: [] }, 'too young')
  swept.later()
  await swept.write('container', 'foreign', `{"url":"${key}"}`)
  t.match(await swept.sweep(), { records: [] }, 'who registers it again is to be told that it is gone')
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
  t.match(await swept.sweep(), { finished: [], leftAlone: [{ key, reason: /a document names it/ }] })
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

t.test('the younger of the upload and the object counts, and an upload of the future is too young', async t => {
  const swept = await SweptCatalogue.make(t)
  await swept.storeNamed(4)
  const oldUpload = await swept.store('old:1', { ulid: ulid(Date.now() - 10 * GRACE_MS) })
  const future = await swept.store('future:1', { ulid: ulid(Date.now() + 2 * GRACE_MS) })
  t.match(await swept.sweep(), { condemned: [] }, 'the object was stored just now')
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
    t.match(await swept.sweep({ now }, { force: true }), { stopped: /clock/, condemned: [] }, String(off))
  }
  const near = () => new Date(Date.now() + swept.ahead + GRACE_MS / 9)
  t.match(await swept.sweep({ now: near }, { force: true }), { stopped: undefined, condemned: { length: 1 } })
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

t.test('several sweeps at once, with registrations between them, delete nothing that is named', async t => {
  const swept = await SweptCatalogue.make(t)
  await swept.storeNamed(30)
  const left = await Promise.all(Array.from({ length: 20 }, (_, n) => swept.store(`left-${n}:1`)))
  const kept = new Set<string>()
  const add = async (key: string, name: string) => {
    try {
      await swept.register(name, key)
      // One that nobody can know any more is registered as somebody else's.
      if (await swept.hasRecord(key)) kept.add(key)
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

t.test('a sweep that is told to stop does nothing more', async t => {
  const swept = await SweptCatalogue.make(t)
  await swept.storeNamed(2)
  await swept.store('left:1')
  swept.later()
  t.match(await swept.sweep({}, { signal: AbortSignal.abort() }), { stopped: 'it was told to stop', condemned: [] })
})
