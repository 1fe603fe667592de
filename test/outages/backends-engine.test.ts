import { setTimeout } from 'node:timers/promises'
import t from 'tap'
import { CONTAINER } from '../app.js'
import { prepareEngine, startEngine } from '../engines/engine.js'
import { startS3Server } from '../engines/s3-server.js'
import { enginesUnderTest } from '../engines/under-test.js'
import { startService } from '../service.js'
import { OpenUpload } from '../uploads/open-upload.js'
import { s3Environment } from '../uploads/s3-service.js'
import { tarballOf } from '../uploads/tarballs.js'

const NAME = 'container-outage:1'
const IMPATIENT = { LEPORELLO_INDEX_TIMEOUT_MS: '1000' }
const ADD = { method: 'POST', body: new URLSearchParams(CONTAINER) }

for (const engineName of enginesUnderTest()) {
  t.test(`${engineName}: a service that starts while everything is down serves as soon as everything is up`, async t => {
    const engine = await prepareEngine(t, engineName)
    const store = await startS3Server(t, 'versitygw')
    const bucket = await store.bucket()
    await store.kill()
    const service = await startService(t, { LEPORELLO_INDEX_URL: engine.url, ...s3Environment(store, bucket), ...IMPATIENT })
    const ready = await fetch(`${service.url}/health/ready`)
    t.equal(ready.status, 503)
    t.match(await ready.json(), { status: 'not ready', backends: { index: { state: 'down' }, store: { state: 'down' } } })
    t.equal((await fetch(`${service.url}/health/live`)).status, 200)
    for (const asked of [fetch(`${service.url}/container/list`), fetch(`${service.url}/container/add`, ADD)]) {
      const { status, headers } = await asked
      t.equal(status, 503)
      t.match(headers.get('retry-after'), /^\d+$/)
    }
    await engine.start()
    await until(async () => (await fetch(`${service.url}/health/ready`)).ok)
    await until(async () => (await fetch(`${service.url}/container/add`, ADD)).ok) // an engine's first writes take their time
    await store.start()
    t.match(await (await fetch(`${service.url}/health/ready`)).json(), { backends: { index: { state: 'up' }, store: { state: 'up' } } })
    t.match(await OpenUpload.put(service.url, NAME).end(tarballOf(NAME)), { status: 200 })
    t.same(await service.stop(), { code: 0, signal: null })
  })

  t.test(`${engineName}: while the index is down and the store is up nothing is taken in, and nothing is left`, async t => {
    const engine = await startEngine(t, engineName)
    const store = await startS3Server(t, 'versitygw')
    const bucket = await store.bucket()
    const { url } = await startService(t, { LEPORELLO_INDEX_URL: engine.url, ...s3Environment(store, bucket), ...IMPATIENT })
    await until(async () => (await fetch(`${url}/container/add`, ADD)).ok)
    const kept = await OpenUpload.put(url, NAME).end(tarballOf(NAME))
    t.equal(kept.status, 200)
    const before = await store.contents(bucket, '')
    await engine.kill()
    const { status, headers, body } = await OpenUpload.put(url, 'container-lost:1').end(tarballOf('container-lost:1'))
    t.match({ status, body }, { status: 503, body: { result: { code: 'INDEX_UNAVAILABLE' } } })
    t.match(headers['retry-after'], /^\d+$/)
    await until(async () => (await store.contents(bucket, '')).length === before.length) // what was removed in the background
    t.match(await (await fetch(`${url}/health/ready`)).json(), { backends: { index: { state: 'down' }, store: { state: 'up' } } })
    t.equal((await fetch(kept.body.result.url!)).status, 503, 'whether a tarball is ours cannot be told')
    await engine.start()
    await until(async () => (await fetch(`${url}/health/ready`)).ok)
    t.equal((await fetch(kept.body.result.url!)).status, 200)
    t.match(await OpenUpload.put(url, 'container-lost:1').end(tarballOf('container-lost:1')), { status: 200 })
  })
}

async function until (isSo: () => Promise<boolean>): Promise<void> {
  while (!await isSo()) await setTimeout(50)
}
