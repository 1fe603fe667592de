import t, { type Test } from 'tap'
import { S3ImageStore, type S3ImageStoreOptions } from '../../src/adapters/s3/image-store.js'
import { imageStoreContract } from '../contracts/image-store.js'
import { KEY, type ImageStoreUnderTest } from '../contracts/image-store-under-test.js'
import { startS3Server, type S3Server } from '../engines/s3-server.js'
import { s3ServersUnderTest } from '../engines/under-test.js'

const PREFIX = 'site/a/'

async function open (t: Test, server: S3Server): Promise<ImageStoreUnderTest> {
  const bucket = await server.bucket()
  const options: S3ImageStoreOptions = {
    bucket, prefix: PREFIX, endpoint: server.endpoint, credentials: server.credentials, publicUrl: () => 'http://127.0.0.1:8888'
  }
  const store = new S3ImageStore(options)
  t.teardown(async () => await store.close())
  return {
    store,
    description: { kind: 's3', options },
    contents: async () => (await server.contents(bucket, PREFIX + KEY)).map(key => key.replace(PREFIX, ''))
  }
}

for (const kind of s3ServersUnderTest()) {
  t.test(kind, async t => {
    const server = await startS3Server(t, kind)
    await t.test('keeps the contract', async t => imageStoreContract(t, async t => await open(t, server)))
  })
}
