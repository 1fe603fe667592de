import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PassThrough, Readable } from 'node:stream'
import t, { type Test } from 'tap'
import { EmbeddedDocumentIndex } from '../../src/adapters/embedded/document-index.js'
import { FolderImageStore } from '../../src/adapters/folder/image-store.js'
import { LeporelloError } from '../../src/errors.js'
import { temporaryFolder, testApp } from '../app.js'
import { changed } from '../catalogue/swept-catalogue.js'
import { OpenUpload } from '../uploads/open-upload.js'
import { tarballOf } from '../uploads/tarballs.js'
import { samplesUntil, type Samples } from './samples.js'

const NAME = 'container-hello:1.0'
const REQUESTS = 'leporello_http_request_duration_seconds_count'

/** A service whose store hands out what `body` makes of each object. */
async function serviceWith (t: Test, body: (whole: Readable) => Readable) {
  const folder = await temporaryFolder(t)
  const images = new FolderImageStore({ root: `${folder}/tarballs`, publicUrl: () => 'http://leporello.test' })
  const app = await testApp(t, {
    backends: {
      index: await EmbeddedDocumentIndex.open({ folder }),
      images: changed(images, {
        async get (key, range) {
          const object = await images.get(key, range)
          return object && { ...object, body: body(object.body) }
        }
      })
    }
  })
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const { body: { result } } = await OpenUpload.put(url, NAME).end(tarballOf(NAME))
  const tarball = new URL(result.url!).pathname
  const until = (isWanted: (samples: Samples) => boolean) => samplesUntil(async () => (await app.inject('/metrics')).body, isWanted)
  return { tarball: url + tarball, until }
}

const ofTarballs = (samples: Samples, status: string) => samples.sum(REQUESTS, { route: '/container/tarball/:ulid/:file', status })

t.test('a download that the store breaks off is a failure of the store, and not a client that left', async t => {
  const { tarball, until } = await serviceWith(t, whole => {
    const body = new PassThrough()
    whole.once('data', bytes => {
      whole.destroy()
      body.write((bytes as Buffer).subarray(0, 100))
      setImmediate(() => body.destroy(new Error('read ECONNRESET')))
    })
    return body
  })
  await t.rejects(fetch(tarball).then(answer => answer.arrayBuffer()))
  const samples = await until(samples => ofTarballs(samples, '503') + ofTarballs(samples, '499') > 0)
  t.equal(ofTarballs(samples, '503'), 1)
  t.equal(samples.sum('leporello_refusals_total', { code: 'STORE_UNAVAILABLE' }), 1)
  t.equal(samples.sum('leporello_http_failures_total'), 1)
})

t.test('a download that its client breaks off is nobody\'s failure', async t => {
  const { tarball, until } = await serviceWith(t, whole => {
    const body = new PassThrough()
    whole.once('data', bytes => {
      whole.destroy()
      body.write((bytes as Buffer).subarray(0, 100))
    })
    return body
  })
  const leaving = new AbortController()
  const answer = await fetch(tarball, { signal: leaving.signal })
  await answer.body!.getReader().read()
  leaving.abort()
  const samples = await until(samples => ofTarballs(samples, '503') + ofTarballs(samples, '499') > 0)
  t.equal(ofTarballs(samples, '499'), 1)
  t.equal(samples.sum('leporello_refusals_total'), 0)
  t.equal(samples.sum('leporello_http_failures_total'), 0)
})

t.test('a list that the index breaks off is a failure of the index', async t => {
  const index = await EmbeddedDocumentIndex.open({ folder: await temporaryFolder(t) })
  const app = await testApp(t, {
    backends: {
      index: changed(index, {
        async * ids () {
          // More than a connection holds back, so that it has begun when it breaks off.
          for (let page = 0; page < 3; page++) yield Array.from({ length: 20_000 }, (_, n) => `container-${page}-${n}:1`)
          throw new LeporelloError('INDEX_UNAVAILABLE', 'the search engine does not answer')
        }
      })
    }
  })
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  await t.rejects(fetch(`${url}/container/list`).then(answer => answer.text()))
  const samples = await samplesUntil(async () => (await app.inject('/metrics')).body, samples => samples.sum(REQUESTS, { route: '/container/list' }) > 0)
  t.equal(samples.sum(REQUESTS, { route: '/container/list', status: '503' }), 1)
  t.equal(samples.sum('leporello_refusals_total', { code: 'INDEX_UNAVAILABLE' }), 1)
})

t.test('of Mozart: one that breaks off is a failure, one whose client leaves is not', async t => {
  const asked: ServerResponse[] = []
  const mozart = createServer((request, response) => {
    if (request.url === '/breaks') response.write('half', () => { request.socket.destroy() })
    else asked.push(response)
  }).listen(0, '127.0.0.1')
  await once(mozart, 'listening')
  t.teardown(() => { mozart.closeAllConnections(); mozart.close() })
  const app = await testApp(t, { env: { LEPORELLO_MOZART_URL: `http://127.0.0.1:${(mozart.address() as AddressInfo).port}` } })
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const leaving = new AbortController()
  const left = t.rejects(fetch(`${url}/waits`, { signal: leaving.signal }))
  await once(mozart, 'request')
  leaving.abort()
  await left
  await t.rejects(fetch(`${url}/breaks`).then(answer => answer.text()))
  const samples = await samplesUntil(async () => (await app.inject('/metrics')).body, samples => samples.sum(REQUESTS, { route: 'mozart' }) === 2)
  t.equal(samples.sum(REQUESTS, { route: 'mozart', status: '499' }), 1)
  t.equal(samples.sum(REQUESTS, { route: 'mozart', status: '502' }), 1)
  const outcomes = ['left', 'answered', 'late', 'unreachable'].map(outcome => samples.sum('leporello_mozart_requests_total', { outcome }))
  t.same(outcomes, [1, 1, 0, 0])
  t.equal(samples.sum('leporello_refusals_total'), 1, 'that of the one that broke off')
})
