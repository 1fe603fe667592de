import t from 'tap'
import { S3ImageStore } from '../../src/adapters/s3/image-store.js'
import { anyBytes, bodyOf } from '../contracts/bytes.js'
import { startAnsweringProxy, WELCOME } from '../engines/answering-proxy.js'
import { startS3Server } from '../engines/s3-server.js'
import { s3ServersUnderTest } from '../engines/under-test.js'

const MIB = 1024 * 1024
const KEY = 'containers/hello/01JD/hello-1.0-amd64-00000000.tar'

for (const kind of s3ServersUnderTest()) {
  t.test(kind, async t => {
    const server = await startS3Server(t, kind)
    const { credentials } = server

    for (const [what, size, isMet] of [
      ['an upload in one request', 1000, (method, url) => method === 'PUT' && url.endsWith('.tar?x-id=PutObject')],
      ['the beginning of an upload in parts', 12 * MIB, (_method, url) => url.includes('uploads')],
      ['the end of an upload in parts', 12 * MIB, (method, url) => method === 'POST' && url.includes('uploadId=')]
    ] as Array<[string, number, (method: string, url: string) => boolean]>) {
      t.test(`${what} that is answered by no S3 server is STORE_UNAVAILABLE and leaves nothing`, async t => {
        const bucket = await server.bucket()
        let met = 0
        const endpoint = await startAnsweringProxy(t, server.endpoint, ({ method = '', url = '' }) => {
          if (!isMet(method, url) || method === 'GET') return undefined
          met++
          return WELCOME
        })
        const store = new S3ImageStore({ bucket, endpoint, credentials })
        t.teardown(async () => await store.close())
        await t.rejects(store.put(KEY, bodyOf(anyBytes(size))), { code: 'STORE_UNAVAILABLE', message: 'the answer to' })
        t.equal(met, 1)
        t.same(await server.contents(bucket, KEY), [])
        t.equal(store.buffers.usedBytes, 0)
      })
    }
  })
}
