import t from 'tap'
import { UnnamedTarballs } from '../../src/catalogue/named-tarballs.js'
import { tarballsNamedIn } from '../../src/catalogue/reclaim.js'
import { factsKey, placeOf } from '../../src/domain/tarball-key.js'
import { LeporelloError } from '../../src/errors.js'
import { changed, SweptCatalogue } from './swept-catalogue.js'

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
  t.match(await swept.sweep({ index, indices: ['theirs'] }), { candidates: 0, condemned: { length: 0 } })
  t.match(await swept.sweep({ index, indices: ['theirs', 'nosuch'] }, { force: true }), { stopped: /nosuch/, condemned: { length: 0 } })
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
    t.match(report, { stopped: String, deleted: { length: 0 }, finished: { length: 0 }, condemned: { length: 0 }, records: { length: 0 } }, what)
    t.equal((await swept.keys()).length, 4, what)
  }
  const images = changed(swept.images, { list: () => { throw new LeporelloError('STORE_UNAVAILABLE', 'the store is down') } })
  t.match(await swept.sweep({ images }, { force: true }), { stopped: 'the store is down', deleted: { length: 0 } })
  t.match(await swept.sweep({}, { force: true }), { stopped: undefined, deleted: [{ key }], finished: [{ key: other }] })
})

t.test('a missing index of hysds_io stops nothing', async t => {
  const swept = await SweptCatalogue.make(t)
  t.match(await swept.sweep({ index: changed(swept.index, { exists: async kind => kind !== 'hysds_io' }) }), { stopped: undefined })
})

t.test('texts that are made to take long do not', async t => {
  const place = { ulid: '01M88XR1T20K9XRHM1Y2AG3T29', file: 'c-1-amd64-Y2AG3T29.tar' }
  for (const piece of ['\\', '\\u002', '01M88XR1T20K9XRHM1Y2AG3T29/', '/01M88XR1T20K9XRHM1Y2AG3T29/a', '%2', '?', '-']) {
    // With the square of their length it would be hours, and the test would be given up.
    const text = `${piece.repeat(4_000_000 / piece.length)} http://host/${place.ulid}/${place.file}`
    const unnamed = new UnnamedTarballs([place])
    unnamed.see(text)
    t.notOk(unnamed.has(place), piece)
    t.match(tarballsNamedIn(text), [{ place }], piece)
  }
})
