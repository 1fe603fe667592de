import t from 'tap'
import { S3ImageStore } from '../../src/adapters/s3/image-store.js'
import { anyBytes, bodyOf } from '../contracts/bytes.js'
import { DENIED, startAnsweringProxy } from '../engines/answering-proxy.js'
import { startS3Server } from '../engines/s3-server.js'
import { s3ServersUnderTest } from '../engines/under-test.js'

const MIB = 1024 * 1024
const KEY = 'containers/hello/01JD/hello-1.0-amd64-00000000.tar'

for (const kind of s3ServersUnderTest()) {
  t.test(kind, async t => {
    const server = await startS3Server(t, kind)
    const { credentials } = server

    t.test('an upload that fails leaves nothing, also where unfinished uploads may not be listed', async t => {
      const bucket = await server.bucket()
      const endpoint = await startAnsweringProxy(t, server.endpoint, ({ method, url = '' }) =>
        (method === 'GET' && url.includes('uploads')) || url.includes('partNumber=2') ? DENIED : undefined)
      const store = new S3ImageStore({ bucket, endpoint, credentials })
      t.teardown(async () => await store.close())
      await t.rejects(store.put(KEY, bodyOf(anyBytes(12 * MIB))), { code: 'STORE_REFUSED' })
      t.same(await server.contents(bucket, KEY), [])
    })
  })
}
