import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { EmbeddedDocumentIndex } from '../../src/adapters/embedded/document-index.js'
import { SearchDocumentIndex } from '../../src/adapters/search/document-index.js'
import { PartBudget } from '../../src/adapters/s3/part-budget.js'
import { Deadline } from '../../src/deadline.js'
import { LeporelloError } from '../../src/errors.js'
import { Metrics } from '../../src/metrics/metrics.js'
import { ABSENT, type DocumentIndex } from '../../src/ports/document-index.js'
import { CREDENTIALS, guardedApp } from '../access/guarded-app.js'
import { CONTAINER, form, temporaryFolder, testApp } from '../app.js'
import { changed } from '../catalogue/swept-catalogue.js'
import { podmanArchive, sampleImage } from '../image/support/sample-image.js'
import { tar } from '../image/support/tar-writer.js'
import { OpenUpload } from '../uploads/open-upload.js'
import { startFakeEngine } from './fake-engine.js'
import { Samples, samplesUntil } from './samples.js'

const REQUESTS = 'leporello_http_request_duration_seconds_count'

const scrapeOf = (app: FastifyInstance) => async () => (await app.inject('/metrics')).body

t.test('requests are counted by the pattern of their route, and what has none under one label', async t => {
  const app = await testApp(t)
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const ask = async (path: string, init?: RequestInit) => await (await fetch(url + path, init)).text()
  await ask('/api/v0.1/container/add', { method: 'POST', body: new URLSearchParams(CONTAINER) })
  for (const base of ['/api/v0.1', '/api/v0.2', '']) await ask(`${base}/container/info?id=${CONTAINER.name}&secret=in-the-query`)
  await ask('/container/info?id=nobody')
  for (const path of ['/nothing/secret-one', '/api/v0.1/secret-two', '/container/tarball/01ARZ3NDEKTSV4RRFFQ69G5FAV/secret-three.tar']) await ask(path)
  await ask('/container/list', { method: 'PATCH' })
  const samples = await samplesUntil(scrapeOf(app), samples => samples.sum(REQUESTS, { route: 'unknown' }) === 3)
  t.equal(samples.sum(REQUESTS, { method: 'POST', route: '/container/add', status: '200' }), 1)
  t.equal(samples.sum(REQUESTS, { method: 'GET', route: '/container/info', status: '200' }), 3)
  t.equal(samples.sum(REQUESTS, { method: 'GET', route: '/container/info', status: '404' }), 1)
  t.equal(samples.sum(REQUESTS, { route: 'unknown', status: '405' }), 1)
  t.equal(samples.sum(REQUESTS, { route: '/container/tarball/:ulid/:file', status: '404' }), 1)
  t.equal(samples.sum('leporello_refusals_total', { code: 'CONTAINER_UNKNOWN' }), 1)
  t.notMatch(samples.text, /secret|01ARZ3/)
  t.notMatch(samples.text, /container-hello/)
})

t.test('what cannot be read as a request is counted without a route, and a failure nobody foresaw by a code of its own', async t => {
  const index = await EmbeddedDocumentIndex.open({ folder: await temporaryFolder(t) })
  const app = await testApp(t, { backends: { index: changed(index, { get: async () => { throw new Error('unforeseen') } }) } })
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  socket.write('hello\r\n\r\n')
  t.match(await text(socket), /^HTTP\/1\.1 400 /)
  t.equal((await fetch(`${url}/nothing`)).status, 404)
  t.equal((await fetch(`${url}/container/info?id=x`)).status, 500)
  const samples = await samplesUntil(scrapeOf(app), samples => samples.sum('leporello_refusals_total') > 0)
  t.equal(samples.sum(REQUESTS, { method: 'other', route: 'unknown', status: '400' }), 1)
  t.equal(samples.sum('leporello_refusals_total'), 1)
  t.equal(samples.sum('leporello_refusals_total', { code: 'INTERNAL' }), 1)
})

t.test('a series is shown once, under whichever base and by whichever unknown method it was asked for', async t => {
  const metrics = new Metrics()
  for (const base of ['/api/v0.1', '/api/v0.2', '']) metrics.requested(`${base}/container/list`, 'GET', 200, 0.1)
  for (const method of ['PROPFIND', 'MKCOL']) metrics.requested(undefined, method, 404, 0.1)
  const series = [...(await metrics.registry.metrics()).matchAll(/^([^#].*) \S+$/gm)].map(([, name]) => name)
  t.same(series, [...new Set(series)])
})

t.test('what fails is counted where it is a user\'s request, and stands there with 0 before', async t => {
  const metrics = new Metrics()
  const failures = async () => (await metrics.registry.metrics()).match(/^leporello_http_failures_total (\d+)$/m)?.[1]
  t.equal(await failures(), '0')
  for (const route of ['/health/ready', '/health/live', '/metrics', '/*']) metrics.requested(route, 'GET', 503, 0.1)
  metrics.requested('/api/v0.1/container/info', 'GET', 404, 0.1)
  t.equal(await failures(), '0')
  for (const route of ['/api/v0.1/container/add', '/container/info', undefined]) metrics.requested(route, 'POST', 503, 0.1)
  t.equal(await failures(), '3')
})

t.test('buckets count up to the number of all, and seconds add up', async t => {
  const app = await testApp(t)
  for (let n = 0; n < 3; n++) await app.inject('/container/list')
  const { all } = new Samples(await scrapeOf(app)())
  const ours = all.filter(({ name, labels }) => name.startsWith('leporello_http_request_duration_seconds') && labels['route'] === '/container/list')
  const buckets = ours.filter(({ name }) => name.endsWith('_bucket')).map(({ value }) => value)
  t.equal(buckets.at(-1), 3)
  t.same(buckets, [...buckets].sort((a, b) => a - b))
  t.ok(ours.find(({ name }) => name.endsWith('_sum'))!.value > 0)
})

t.test('the calls of the index are counted, with what became of writes and by which code they failed', async t => {
  const inner = await EmbeddedDocumentIndex.open({ folder: await temporaryFolder(t) })
  let conflicts = 2
  let isDown = false
  const app = await testApp(t, {
    backends: {
      index: changed(inner, {
        get: async (kind, id) => {
          if (isDown) throw new LeporelloError('INDEX_UNAVAILABLE', 'down')
          return await inner.get(kind, id)
        },
        put: async (...put: Parameters<DocumentIndex['put']>) => put[0] === 'container' && conflicts-- > 0 ? { outcome: 'conflict' } : await inner.put(...put)
      })
    }
  })
  await app.inject({ method: 'POST', url: '/container/add', ...form(CONTAINER) })
  isDown = true
  t.equal((await app.inject('/container/info?id=x')).statusCode, 503)
  const samples = new Samples(await scrapeOf(app)())
  t.equal(samples.sum('leporello_index_writes_total', { kind: 'container', outcome: 'conflict' }), 2)
  t.equal(samples.sum('leporello_index_writes_total', { kind: 'container', outcome: 'written' }), 1)
  t.equal(samples.sum('leporello_container_change_conflicts_count'), 1)
  t.equal(samples.sum('leporello_container_change_conflicts_sum'), 2)
  t.equal(samples.sum('leporello_index_errors_total', { operation: 'get', code: 'INDEX_UNAVAILABLE' }), 1)
  t.equal(samples.sum('leporello_index_call_duration_seconds_count', { operation: 'put', kind: 'container' }), 3)
})

for (const kind of ['opensearch', 'elasticsearch'] as const) {
  t.test(`what goes to ${kind} together is a batch, under the service's name`, async t => {
    const engine = await startFakeEngine(t)
    const metrics = new Metrics()
    const index = new SearchDocumentIndex({ nodes: [engine.url], kind, timeoutMs: 5000, observer: metrics })
    t.teardown(() => index.close())
    const deadline = Deadline.in(5000)
    await Promise.all(['a', 'b', 'c'].map(id => index.get('container', id, deadline)))
    await index.get('container', 'a', deadline)
    await Promise.all(['a', 'b'].map(id => index.put('container', id, '{}', ABSENT, deadline)))
    const samples = new Samples(await metrics.registry.metrics())
    const batches = (direction: string) => ['count', 'sum'].map(what => samples.sum(`leporello_index_batch_documents_${what}`, { direction }))
    t.same(batches('read'), [2, 4])
    t.same(batches('write'), [1, 2])
    t.same([...new Set(engine.seen.map(({ headers }) => headers['x-opaque-id']))], ['leporello'])
  })
}

t.test('a page of a list is a call, and a list that is left is not read on', async t => {
  const inner = await EmbeddedDocumentIndex.open({ folder: await temporaryFolder(t) })
  const app = await testApp(t, { backends: { index: inner } })
  await app.inject({ method: 'POST', url: '/container/add', ...form(CONTAINER) })
  await app.inject('/container/list')
  const samples = new Samples(await scrapeOf(app)())
  t.equal(samples.sum('leporello_index_call_duration_seconds_count', { operation: 'ids', kind: 'container' }), 2, 'a page, and that there is no more')
})

t.test('what the service tells its history is among the calls of the index', async t => {
  const app = await testApp(t)
  await app.inject({ method: 'POST', url: '/container/add', ...form(CONTAINER) })
  t.ok(await samplesUntil(scrapeOf(app), samples => samples.sum('leporello_index_call_duration_seconds_count', { operation: 'append', kind: 'history' }) === 1))
})

t.test('uploads are counted with their bytes and seconds, and what the verifier refuses by its code', async t => {
  const app = await testApp(t)
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const image = gzipSync(tar(podmanArchive(sampleImage({ architecture: 'amd64' }), 'container-sample:1.0')))
  const put = async (body: Buffer, query = '') => (await fetch(`${url}/container/upload?name=container-sample:1.0&version=1.0${query}`, { method: 'PUT', body })).status
  t.equal(await put(image), 200)
  t.equal(await put(image, '&build=1&expect=amd64,arm64'), 202)
  t.equal(await put(image, '&architecture=arm64'), 422)
  const samples = new Samples(await scrapeOf(app)())
  t.equal(samples.sum('leporello_upload_duration_seconds_count', { outcome: 'registered' }), 1)
  t.equal(samples.sum('leporello_upload_duration_seconds_count', { outcome: 'waiting' }), 1)
  t.equal(samples.sum('leporello_upload_duration_seconds_count', { outcome: 'refused' }), 1)
  t.equal(samples.sum('leporello_verifier_refusals_total', { code: 'IMAGE_ARCHITECTURE_MISMATCH' }), 1)
  t.ok(samples.sum('leporello_upload_received_bytes_total') >= 2 * image.length)
  t.ok(samples.sum('leporello_store_written_bytes_total') > 2 * image.length, 'with the facts beside them')
  t.ok(samples.sum('leporello_store_call_duration_seconds_count', { operation: 'put' }) >= 4)
  t.equal(samples.sum('leporello_store_errors_total'), 0, 'what is wrong with a body is not the store\'s')
  t.equal(samples.sum('leporello_uploads_open'), 0)
  t.equal(samples.sum('leporello_uploads_limit'), 16)
})

t.test('a verifier that fails has not refused an image', async t => {
  const metrics = new Metrics()
  for (const code of ['IMAGE_TRUNCATED', 'IMAGE_VERIFIER_FAILED', 'STORE_FULL']) metrics.uploaded({ outcome: 'refused', code }, 1)
  const samples = new Samples(await metrics.registry.metrics())
  t.equal(samples.sum('leporello_upload_duration_seconds_count', { outcome: 'refused' }), 3)
  t.same(samples.all.filter(({ name }) => name === 'leporello_verifier_refusals_total').map(({ labels }) => labels['code']), ['IMAGE_TRUNCATED'])
})

t.test('an upload is open until it ends, and broken off when its client leaves', async t => {
  const app = await testApp(t)
  const upload = OpenUpload.put(await app.listen({ host: '127.0.0.1', port: 0 }), 'container-sample:1.0', { expect: '100-continue', 'content-length': '1000' })
  upload.sendHeaders()
  await upload.wanted
  t.equal(new Samples(await scrapeOf(app)()).sum('leporello_uploads_open'), 1)
  upload.send('first bytes')
  upload.leave()
  const samples = await samplesUntil(scrapeOf(app), samples => samples.sum('leporello_uploads_open') === 0)
  t.equal(samples.sum('leporello_upload_duration_seconds_count', { outcome: 'broken_off' }), 1)
})

t.test('the timer tells how many sets wait, and since when', async t => {
  const app = await testApp(t, { env: { LEPORELLO_INDEX_TIMEOUT_MS: '100', LEPORELLO_TAKEOVER_MS: '600' } })
  const { name, version } = CONTAINER
  const began = Date.now()
  const urls = '{"amd64": "s3://b/a.tar.gz"}'
  t.equal((await app.inject({ method: 'POST', url: '/container/merge', ...form({ name, version, urls, build: '1', expect: 'amd64,arm64' }) })).statusCode, 202)
  const samples = await samplesUntil(scrapeOf(app), samples => samples.sum('leporello_sets_waiting') === 1)
  t.ok(Math.abs(samples.sum('leporello_sets_oldest_timestamp_seconds') - began / 1000) < 60)
  t.equal(samples.sum('leporello_container_change_conflicts_count'), 1, 'the merge\'s, and none of the timer\'s')
})

t.test('the timer\'s sweeps are counted by how they ended', async t => {
  const app = await testApp(t, { env: { LEPORELLO_SWEEP_INTERVAL_MS: '1000' } })
  const first = new Samples(await scrapeOf(app)())
  t.equal(first.sum('leporello_sweeps_total'), 0)
  t.equal(first.sum('leporello_sweep_interval_seconds'), 1)
  const samples = await samplesUntil(scrapeOf(app), samples => samples.sum('leporello_sweeps_total') > 0)
  t.equal(samples.sum('leporello_sweeps_total', { outcome: 'completed' }), 1)
  t.ok(samples.sum('leporello_sweep_last_completed_timestamp_seconds') > 0)
  t.equal(samples.all.filter(({ name }) => name === 'leporello_sweep_objects_total').length, 5)
})

t.test('part buffers are counted in bytes while somebody has them', async t => {
  const budget = new PartBudget(3 * 100, 100)
  t.same(budget.use, { usedBytes: 0, limitBytes: 300 })
  const lease = budget.lease(2)
  const buffer = await lease.take(new AbortController().signal)
  t.same(budget.use, { usedBytes: 100, limitBytes: 300 })
  lease.give(buffer)
  t.same(budget.use, { usedBytes: 0, limitBytes: 300 })
  const app = await testApp(t, { env: { LEPORELLO_STORE: 's3://bucket', LEPORELLO_S3_ENDPOINT: 'http://127.0.0.1:9', LEPORELLO_S3_BUFFER_BYTES: String(50 * 2 ** 20) } })
  const samples = new Samples(await scrapeOf(app)())
  t.ok(samples.sum('leporello_part_buffer_limit_bytes') > 40 * 2 ** 20)
  t.equal(samples.sum('leporello_part_buffer_used_bytes'), 0)
})

t.test('who is turned away is told by the reason, and nobody by name', async t => {
  const app = await guardedApp(t)
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const info = async (who: keyof typeof CREDENTIALS) => await (await fetch(`${url}/container/info?id=x`, {
    headers: CREDENTIALS[who] === undefined ? {} : { authorization: CREDENTIALS[who] }
  })).text()
  await info('none')
  for (let n = 0; n < 11; n++) await info('wrong password')
  await info('token for container-foo')
  const reading = async () => (await app.inject({ url: '/metrics', headers: { authorization: CREDENTIALS['reading token'] } })).body
  const samples = await samplesUntil(reading, samples => samples.sum('leporello_auth_failures_total') === 13)
  const failures = Object.fromEntries(samples.all.filter(({ name }) => name === 'leporello_auth_failures_total').map(({ labels, value }) => [labels['reason'], value]))
  t.same(failures, { missing: 1, wrong: 10, blocked: 1, forbidden: 1 })
  t.notMatch(samples.text, /writer|reading-token|secret/)
})

t.test('what is handed on to Mozart is one route, and counted by whether it answered', async t => {
  const mozart = createServer((_request, response) => { response.writeHead(418).end() }).listen(0, '127.0.0.1')
  await once(mozart, 'listening')
  t.teardown(() => mozart.close())
  const app = await testApp(t, { env: { LEPORELLO_MOZART_URL: `http://127.0.0.1:${(mozart.address() as AddressInfo).port}` } })
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  for (const path of ['/job/secret-a', '/job/secret-b']) t.equal((await fetch(url + path)).status, 418)
  mozart.closeAllConnections()
  mozart.close()
  await once(mozart, 'close')
  t.equal((await fetch(`${url}/job/c`)).status, 502)
  const samples = await samplesUntil(scrapeOf(app), samples => samples.sum(REQUESTS, { route: 'mozart' }) === 3)
  t.equal(samples.sum(REQUESTS, { route: 'mozart', status: '418' }), 2)
  t.equal(samples.sum('leporello_mozart_requests_total', { outcome: 'answered' }), 2)
  t.equal(samples.sum('leporello_mozart_requests_total', { outcome: 'unreachable' }), 1)
  t.notMatch(samples.text, 'secret')
})

t.test('readiness tells how the backends are', async t => {
  const app = await testApp(t)
  await app.inject('/health/ready')
  const samples = new Samples(await scrapeOf(app)())
  t.equal(samples.sum('leporello_backend_up', { backend: 'index' }), 1)
  t.equal(samples.sum('leporello_backend_up', { backend: 'store' }), 1)
})

t.test('two services in one process count for themselves', async t => {
  const [one, other] = [await testApp(t), await testApp(t)]
  await one.inject('/container/list')
  t.equal(new Samples(await scrapeOf(one)()).sum(REQUESTS, { route: '/container/list' }), 1)
  t.equal(new Samples(await scrapeOf(other)()).sum(REQUESTS, { route: '/container/list' }), 0)
})
