import t from 'tap'
import { S3ImageStore } from '../../src/adapters/s3/image-store.js'
import { Deadline } from '../../src/deadline.js'
import { anyBytes, bodyOf } from '../contracts/bytes.js'
import { startS3Server } from '../engines/s3-server.js'
import { s3ServersUnderTest } from '../engines/under-test.js'

const KEY = 'containers/hello/01JD/hello-1.tar'

for (const kind of s3ServersUnderTest()) {
  t.test(kind, async t => {
    const server = await startS3Server(t, kind)
    const { endpoint, credentials } = server
    const bucket = await server.bucket()

    t.test('wrong credentials and a missing bucket are STORE_REFUSED with what to fix', async t => {
      for (const [options, remedy] of [
        [{ bucket, credentials: { ...credentials, secretAccessKey: 'wrong' } }, /correct the AWS credentials/],
        [{ bucket, credentials: { ...credentials, accessKeyId: 'nobody' } }, /correct the AWS credentials/],
        [{ bucket: 'no-such-bucket', credentials }, /create the bucket, or correct LEPORELLO_STORE/]
      ] as const) {
        const store = new S3ImageStore({ endpoint, ...options })
        for (const size of [10, 12_000_000]) {
          await t.rejects(store.put(KEY, bodyOf(anyBytes(size))), { code: 'STORE_REFUSED', message: remedy })
        }
        t.match(await store.health(Deadline.in(5000)), { state: 'down', reason: remedy })
        await store.close()
      }
      t.same(await server.contents(bucket, KEY), [])
    })

    t.test('a presigned url serves its method and key alone', async t => {
      const store = new S3ImageStore({ bucket, endpoint, credentials, publicEndpoint: endpoint })
      t.teardown(async () => await store.close())
      const bytes = anyBytes(1000)
      await store.put(KEY, bodyOf(bytes), { contentType: 'application/gzip' })
      const url = await store.presign('GET', KEY, 60) ?? ''
      const answer = await fetch(url, { headers: { range: 'bytes=10-19' } })
      t.equal(answer.status, 206)
      t.equal(answer.headers.get('content-type'), 'application/gzip')
      t.same(Buffer.from(await answer.arrayBuffer()), bytes.subarray(10, 20))
      t.equal((await fetch(url, { method: 'HEAD' })).status, 403)
      t.equal((await fetch(await store.presign('HEAD', KEY, 60) ?? '', { method: 'HEAD' })).status, 200)
      t.equal((await fetch(url.replace('hello-1', 'hello-2'))).status, 403)
    })

    t.test('a custom endpoint without a public one has no presigned urls', async t => {
      const store = new S3ImageStore({ bucket, endpoint, credentials })
      t.equal(await store.presign('GET', KEY, 60), undefined)
      await store.close()
    })
  })
}

t.test('a url is written in the style asked for, where osaka can fetch it', async t => {
  const publicUrl = () => 'https://h'
  const service = 'https://h/api/v0.1/container/tarball/01JD/hello-1.tar'
  const locate = (options: Partial<ConstructorParameters<typeof S3ImageStore>[0]>) =>
    new S3ImageStore({ bucket: 'bucket', prefix: 'a/', region: 'us-east-1', publicUrl, ...options }).location(KEY)
  t.equal(locate({}), `s3://bucket/a/${KEY}`)
  t.equal(locate({ urlStyle: 'endpoint' }), `s3://s3.amazonaws.com/bucket/a/${KEY}`)
  t.equal(locate({ urlStyle: 'service' }), service)
  t.equal(locate({ endpoint: 'http://minio:9000' }), service)
  for (const urlStyle of ['s3', 'endpoint'] as const) {
    t.throws(() => locate({ endpoint: 'http://minio:9000', urlStyle }), { message: 'LEPORELLO_URL_STYLE' })
  }
  t.throws(() => locate({ bucket: 'Upper' }), TypeError)
})
