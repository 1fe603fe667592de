import { performance } from 'node:perf_hooks'
import { Readable } from 'node:stream'
import { S3Client } from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'
import t from 'tap'
import { FolderImageStore } from '../../src/adapters/folder/image-store.js'
import { S3ImageStore } from '../../src/adapters/s3/image-store.js'
import { anyBytes } from '../contracts/bytes.js'
import { startS3Server } from '../engines/s3-server.js'

const MIB = 1024 * 1024
const GIB = 1024 * MIB
const CHUNK = anyBytes(64 * 1024)

/** Made as it is read, in buffers of their own, as a socket's are. */
function body (size: number): Readable {
  return Readable.from((function * () {
    for (let sent = 0; sent < size; sent += CHUNK.length) yield Buffer.from(CHUNK)
  })(), { objectMode: false })
}

async function speed (name: string, size: number, put: () => Promise<unknown>): Promise<void> {
  const cpu = process.cpuUsage()
  const started = performance.now()
  await put()
  const seconds = (performance.now() - started) / 1000
  const { user, system } = process.cpuUsage(cpu)
  t.comment(`${name}: ${(size / MIB / seconds).toFixed(0)} MiB/s, ${((user + system) / 1e6).toFixed(1)} CPU s`)
}

async function memory (name: string, work: () => Promise<unknown>): Promise<void> {
  const before = process.memoryUsage.rss()
  let most = before
  const timer = setInterval(() => { most = Math.max(most, process.memoryUsage.rss()) }, 10)
  await work().finally(() => clearInterval(timer))
  t.comment(`${name}: memory grew by ${((most - before) / MIB).toFixed(0)} MiB at most, from ${(before / MIB).toFixed(0)} MiB`)
}

t.setTimeout(600_000)
const server = await startS3Server(t, 'versitygw')
const bucket = await server.bucket()
const { endpoint, credentials } = server
const store = new S3ImageStore({ bucket, endpoint, credentials })
const client = new S3Client({
  endpoint, credentials, region: 'us-east-1', forcePathStyle: true, requestChecksumCalculation: 'WHEN_REQUIRED'
})
const folder = new FolderImageStore({ root: t.testdir() })

await memory('16 puts of 128 MiB at once', async () => await Promise.all(Array.from({ length: 16 }, async (_, i) => {
  await store.put(`at-once/${i}`, body(128 * MIB))
  await store.remove(`at-once/${i}`)
})))

for (let round = 1; round <= 2; round++) {
  await speed(`bare SDK, 1 GiB, round ${round}`, GIB, async () =>
    await new Upload({ client, params: { Bucket: bucket, Key: 'bare', Body: body(GIB) } }).done())
  await speed(`S3 store, 1 GiB, round ${round}`, GIB, async () => await store.put('store', body(GIB)))
  await speed(`folder, 1 GiB, round ${round}`, GIB, async () => await folder.put('store', body(GIB)))
}

await store.close()
