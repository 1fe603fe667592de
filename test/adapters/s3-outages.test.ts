import { PassThrough, Readable } from 'node:stream'
import { setTimeout } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { S3ImageStore, type S3ImageStoreOptions } from '../../src/adapters/s3/image-store.js'
import { Deadline } from '../../src/deadline.js'
import { anyBytes, bodyOf, bytesOf } from '../contracts/bytes.js'
import { startCuttingProxy } from '../engines/cutting-proxy.js'
import { startS3Server, type S3Server } from '../engines/s3-server.js'
import { s3ServersUnderTest } from '../engines/under-test.js'

const MIB = 1024 * 1024
const KEY = 'containers/hello/01JD/hello-1.0-amd64-00000000.tar'

function open (t: Test, server: S3Server, bucket: string, options: Partial<S3ImageStoreOptions> = {}): S3ImageStore {
  const { endpoint, credentials } = server
  const store = new S3ImageStore({ bucket, endpoint, credentials, ...options })
  t.teardown(async () => await store.close())
  return store
}

/** Waits, as long as the test may, for what happens in the background. */
async function until (isSo: () => Promise<boolean>): Promise<void> {
  while (!await isSo()) await setTimeout(50)
}

/** The bytes at the pace of `milliseconds` a MiB. */
async function * paced (bytes: Buffer, milliseconds: number): AsyncGenerator<Buffer> {
  for (let start = 0; start < bytes.length; start += MIB) {
    await setTimeout(milliseconds)
    yield bytes.subarray(start, start + MIB)
  }
}

for (const kind of s3ServersUnderTest()) {
  t.test(kind, async t => {
    const server = await startS3Server(t, kind)

    t.test('a put outlives the server being killed in the middle of a part and started again', async t => {
      const bucket = await server.bucket()
      const store = open(t, server, bucket)
      const bytes = anyBytes(40 * MIB)
      const put = store.put(KEY, Readable.from(paced(bytes, 25)))
      for (let kills = 0; kills < 3; kills++) {
        await until(async () => (await server.contents(bucket, KEY)).length > 0)
        await server.kill()
        await setTimeout(300)
        await server.start()
      }
      t.same(await put, { size: bytes.length })
      t.ok((await bytesOf((await store.get(KEY))?.body))?.equals(bytes))
      t.same(await server.contents(bucket, KEY), [KEY])
    })

    t.test('a server that is down is STORE_UNAVAILABLE within the time there is for it', async t => {
      const bucket = await server.bucket()
      const store = open(t, server, bucket, { patienceMs: 1000 })
      await server.kill()
      const started = performance.now()
      const body = new PassThrough()
      body.write(anyBytes(12 * MIB))
      const unavailable = { code: 'STORE_UNAVAILABLE', retryAfterSeconds: 5, message: bucket }
      await t.rejects(store.put(KEY, body), unavailable, 'though the body has stalled')
      t.ok(body.destroyed)
      for (const ask of [
        async () => { await store.get(KEY) }, async () => { await store.head(KEY) }, async () => { await store.remove(KEY) },
        async () => { await store.now() }, async () => { await store.createOnce(KEY, anyBytes(1)) }
      ]) await t.rejects(ask, unavailable, String(ask))
      t.match(await store.health(Deadline.in(1000)), { state: 'down', reason: 'ECONNREFUSED' })
      t.ok(performance.now() - started < 10_000)
      await server.start()
      t.same(await server.contents(bucket, KEY), [])
      t.match(await store.health(Deadline.in(1000)), { state: 'up' })
    })

    t.test('a server that takes connections and never answers is STORE_UNAVAILABLE, too', async t => {
      const bucket = await server.bucket()
      const store = open(t, server, bucket, { patienceMs: 500, idleTimeoutMs: 500 })
      server.pause()
      const started = performance.now()
      const body = new PassThrough()
      body.write(anyBytes(12 * MIB))
      await t.rejects(store.put(KEY, body), { code: 'STORE_UNAVAILABLE' })
      t.match(await store.health(Deadline.in(200)), { state: 'down' })
      t.ok(performance.now() - started < 10_000)
      server.resume()
      // What it was asked meanwhile it may do yet.
      await until(async () => (await server.contents(bucket, KEY)).length === 0)
    })

    t.test('an upload that is given up while the server is down is aborted when it is back', async t => {
      const bucket = await server.bucket()
      const store = open(t, server, bucket, { patienceMs: 500 })
      const body = new PassThrough()
      const put = store.put(KEY, body)
      const reason = new Error('the client went away')
      const refused = t.rejects(put, reason)
      body.write(anyBytes(6 * MIB))
      await until(async () => (await server.contents(bucket, KEY)).length > 0)
      await server.kill()
      body.destroy(reason)
      await refused
      await server.start()
      t.match(await server.contents(bucket, KEY), [/^unfinished/])
      await until(async () => (await server.contents(bucket, KEY)).length === 0)
    })

    for (const [what, size, lost] of [
      ['an upload in one request', 1000, 'PUT'],
      ['an upload in parts', 12 * MIB, 'POST']
    ] as const) {
      t.test(`${what} whose last answer is lost counts as stored, for it is`, async t => {
        const bucket = await server.bucket()
        const endpoint = await startCuttingProxy(t, server.endpoint, ({ method, url }) =>
          method === lost && !url?.includes('uploads'))
        const store = open(t, server, bucket, { endpoint, credentials: server.credentials })
        const bytes = anyBytes(size)
        t.same(await store.put(KEY, bodyOf(bytes)), { size })
        t.ok((await bytesOf((await store.get(KEY))?.body))?.equals(bytes))
        t.same(await server.contents(bucket, KEY), [KEY])
      })
    }

    t.test('a createOnce whose answer is lost knows that it was the one', async t => {
      const bucket = await server.bucket()
      const endpoint = await startCuttingProxy(t, server.endpoint, ({ method }) => method === 'PUT')
      const store = open(t, server, bucket, { endpoint })
      t.equal(await store.createOnce('.leporello', anyBytes(10)), true)
      t.equal(await store.createOnce('.leporello', anyBytes(10)), false)
    })
  })
}
