import t, { type Test } from 'tap'
import { S3ImageStore, type S3ImageStoreOptions } from '../../src/adapters/s3/image-store.js'
import type { ReadObject } from '../../src/ports/image-store.js'
import { anyBytes, bodyOf, bytesOf } from '../contracts/bytes.js'
import { SEVERAL_PARTS } from '../contracts/image-store-under-test.js'
import { startS3Server, type S3Server } from '../engines/s3-server.js'
import { s3ServersUnderTest } from '../engines/under-test.js'

const KEY = 'containers/hello/01JD/hello-1.tar'
const MIB = 1024 * 1024

/** A store with a mark and a tarball, which so many read and none to the end. */
async function readBySlow (t: Test, server: S3Server, readers: number, options: Partial<S3ImageStoreOptions> = {}) {
  const { endpoint, credentials } = server
  const store = new S3ImageStore({ bucket: await server.bucket(), endpoint, credentials, patienceMs: 500, ...options })
  const reading: ReadObject[] = []
  t.teardown(async () => {
    for (const { body } of reading) body.destroy()
    await store.close()
  })
  await store.createOnce('.leporello', Buffer.from('the mark'))
  await store.put(KEY, bodyOf(anyBytes(MIB)))
  for (let at = 0; at < readers; at += 64) {
    reading.push(...await Promise.all(Array.from({ length: 64 }, async () => await store.get(KEY) as ReadObject)))
  }
  return { store, reading }
}

for (const kind of s3ServersUnderTest()) {
  t.test(kind, async t => {
    const server = await startS3Server(t, kind)

    t.test('however many readers stall, uploads of several parts and sweeps go on, and others read', async t => {
      const { store } = await readBySlow(t, server, 320)
      t.same(await store.put('containers/hello/01JE/hello-2.tar', bodyOf(anyBytes(SEVERAL_PARTS))), { size: SEVERAL_PARTS })
      t.equal(String(await bytesOf((await store.get('.leporello'))?.body)), 'the mark')
      t.equal((await bytesOf((await store.get(KEY))?.body))?.length, MIB)
    })

    t.test('readers that are too many are told at once, and one may read where another has left', async t => {
      const { store, reading } = await readBySlow(t, server, 64, { downloadsAtOnce: 64 })
      for (const range of [undefined, { first: 10 }]) {
        await t.rejects(store.get(KEY, range), { code: 'OVERLOADED', retryAfterSeconds: 5, message: '64 downloads' })
      }
      for (const range of [{ first: 0, last: 9 }, { suffix: 10 }]) t.equal((await bytesOf((await store.get(KEY, range))?.body))?.length, 10)
      t.equal(String(await bytesOf((await store.get('.leporello'))?.body)), 'the mark')
      t.equal((await bytesOf(reading[0]?.body))?.length, MIB)
      reading[1]?.body.destroy()
      const others = await Promise.all([store.get(KEY), store.get(KEY)])
      for (const other of others) t.equal((await bytesOf(other?.body))?.length, MIB)
    })
  })
}
