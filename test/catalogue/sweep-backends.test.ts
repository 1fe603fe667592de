import t, { type Test } from 'tap'
import { EmbeddedDocumentIndex } from '../../src/adapters/embedded/document-index.js'
import { FolderImageStore } from '../../src/adapters/folder/image-store.js'
import { S3ImageStore } from '../../src/adapters/s3/image-store.js'
import { factsKey } from '../../src/domain/tarball-key.js'
import { ask, openIndex, ownIndices } from '../adapters/search/helpers.js'
import { temporaryFolder } from '../app.js'
import { startEngine } from '../engines/engine.js'
import { startS3Server } from '../engines/s3-server.js'
import { s3ServersUnderTest } from '../engines/under-test.js'
import { enginesUnderTest } from '../engines/under-test.js'
import { SweptCatalogue } from './swept-catalogue.js'

for (const name of enginesUnderTest()) {
  t.test(`a sweep over ${name}`, async t => {
    const { url } = await startEngine(t, name)
    const make = async (t: Test) => {
      const indices = { ...ownIndices(), meta: `meta-${process.pid}-${Math.random().toString(36).slice(2)}` }
      const index = openIndex(t, url, { indices })
      const images = new FolderImageStore({ root: await temporaryFolder(t), publicUrl: () => 'http://leporello.test' })
      return { swept: new SweptCatalogue({ index, images }), indices }
    }

    t.test('deletes what is left, by documents that were written just now', async t => {
      const { swept } = await make(t)
      await swept.write('job_spec', 'job:1', '{"id":"job:1"}')
      await sweepTwice(t, swept)
    })

    t.test('deletes nothing while an index is missing', async t => {
      const { swept, indices } = await make(t)
      await swept.storeNamed(2)
      const key = await swept.store('left:1')
      swept.later()
      t.match(await swept.sweep(), { stopped: /no index for documents of kind job_spec/, condemned: { length: 0 } })
      await swept.write('job_spec', 'job:1', '{"id":"job:1"}')
      t.match(await swept.sweep(), { stopped: undefined, condemned: [{ key }] })
      swept.later()
      await ask(`${url}/${indices.container}`, 'DELETE')
      t.match(await swept.sweep({}, { force: true }), { stopped: /kind container/, deleted: { length: 0 } })
      t.ok(await swept.images.head(key))
    })

    t.test('reads further indices of the engine, and stops without one', async t => {
      const { swept } = await make(t)
      await swept.write('job_spec', 'job:1', '{"id":"job:1"}')
      await swept.storeNamed(1)
      const key = await swept.store('left:1')
      const theirs = `theirs-${process.pid}`
      await ask(`${url}/${theirs}/_doc/1`, 'PUT', { text: `see ${key}` })
      swept.later()
      t.match(await swept.sweep({ indices: [theirs] }), { stopped: undefined, candidates: 0 })
      t.match(await swept.sweep({ indices: [theirs, 'nosuch'] }), { stopped: /nosuch/, condemned: { length: 0 } })
      t.match(await swept.sweep(), { condemned: [{ key }] })
      await ask(`${url}/${theirs}`, 'DELETE')
    })
  })
}

for (const kind of s3ServersUnderTest()) {
  t.test(`a sweep of ${kind}`, async t => {
    const server = await startS3Server(t, kind)
    const { endpoint, credentials } = server
    const bucket = await server.bucket()
    const images = new S3ImageStore({
      bucket, prefix: 'prefix/', endpoint, credentials, region: 'us-east-1', publicUrl: () => 'http://leporello.test'
    })
    const swept = new SweptCatalogue({ index: await EmbeddedDocumentIndex.open({ folder: await temporaryFolder(t) }), images })
    t.teardown(() => swept.catalogue.close())
    await sweepTwice(t, swept)
  })
}

async function sweepTwice (t: Test, swept: SweptCatalogue): Promise<void> {
  const named = await swept.storeNamed(2)
  const key = await swept.store('left:1')
  swept.later()
  t.match(await swept.sweep(), { stopped: undefined, condemned: [{ key, size: 10 }] })
  swept.later()
  t.match(await swept.sweep(), { stopped: undefined, deleted: [{ key }] })
  t.same(await swept.keys(), named.flatMap(key => [key, factsKey(key)]).sort())
  t.equal(await swept.flag(key), undefined)
  t.notOk(await swept.hasRecord(key))
}
