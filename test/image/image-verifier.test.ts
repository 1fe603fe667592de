import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Worker } from 'node:worker_threads'
import { gzipSync } from 'node:zlib'
import t from 'tap'
import { ImageVerifier } from '../../src/image/image-verifier.js'
import { workerPool } from '../../src/image/verification/worker-pool.js'
import { verifyImage } from '../../src/image/verify-image.js'
import { hex, podmanArchive, sampleImage } from './support/sample-image.js'
import { tar } from './support/tar-writer.js'
import { verify } from './support/verify.js'

const large = tar(podmanArchive(sampleImage({
  layers: [tar([
    { name: 'random', content: randomBytes(8_000_000) }, { name: 'zeros', content: Buffer.alloc(24_000_000) }
  ])]
})))

t.test('what passes is what came, and it ends when it is proved', async t => {
  const verifier = new ImageVerifier()
  const chunks: Buffer[] = []
  await pipeline(Readable.from(slices(large)), verifier, async source => {
    for await (const chunk of source) chunks.push(chunk as Buffer)
  })
  t.equal(hex(Buffer.concat(chunks)), hex(large))
  t.match(await verifier.facts, { size: large.length, sha256: hex(large) })
})

t.test('what reads never sees the end of an image that is refused', async t => {
  const verifier = new ImageVerifier()
  let received = 0
  let ended = false
  const store = new Writable({
    write (chunk: Buffer, _encoding, done) { received += chunk.length; done() },
    final (done) { ended = true; done() }
  })
  await t.rejects(pipeline(Readable.from(slices(large.subarray(0, -1))), verifier, store), { code: 'IMAGE_TRUNCATED' })
  await t.rejects(verifier.facts, { code: 'IMAGE_TRUNCATED' })
  t.ok(received > 0)
  t.notOk(ended)
})

t.test('what writes is stopped when the image is refused', async t => {
  let sent = 0
  async function * endless (): AsyncGenerator<Buffer> {
    for (;; sent++) {
      yield Buffer.alloc(65536, 'no image')
      await new Promise(resolve => setImmediate(resolve))
    }
  }
  await t.rejects(verifyImage(endless()), { code: 'IMAGE_CORRUPT' })
  t.ok(sent < 10_000, `stopped after ${sent} chunks`)
})

t.test('a source that fails is no verdict', async t => {
  async function * failing (): AsyncGenerator<Buffer> {
    yield large.subarray(0, 100_000)
    throw new Error('the client left')
  }
  await t.rejects(verifyImage(failing()), { message: 'the client left' })
})

t.test('a verification that is given up rejects', async t => {
  const verifier = new ImageVerifier()
  verifier.write(large.subarray(0, 1000))
  verifier.destroy()
  await t.rejects(verifier.facts, { message: /given up/ })
})

t.test('a reader that does not read holds the writer back', async t => {
  const verifier = new ImageVerifier()
  let written = 0
  for (const chunk of slices(large)) {
    written += chunk.length
    if (!verifier.write(chunk)) break
  }
  t.ok(written < 1_000_000)
  verifier.destroy()
})

t.test('verifications side by side do not mix', async t => {
  const architectures = ['amd64', 'arm64', 'ppc64le', 's390x', 'amd64', 'arm64', 'ppc64le', 's390x']
  const files = architectures.map(architecture => gzipSync(tar(podmanArchive(sampleImage({ architecture })))))
  const facts = await Promise.all(files.map(file => verify(file, {}, 100)))
  t.same(facts.map(({ architecture }) => architecture), architectures)
})

t.test('a thread that dies is an error, and the next verification has another', async t => {
  const verifiers = Array.from({ length: 4 }, () => new ImageVerifier())
  for (const verifier of verifiers) verifier.on('error', () => {}).write(large.subarray(0, 1000))
  await workerPool.close()
  for (const { facts } of verifiers) await t.rejects(facts, { code: 'IMAGE_VERIFIER_FAILED' })
  t.ok(await verify(large))
})

t.test('a thread that a window of zstd made large ends, after its last verification', async t => {
  await workerPool.close()
  const exits: Promise<unknown>[] = []
  const onWorker = (worker: Worker): void => { exits.push(once(worker, 'exit')) }
  process.on('worker', onWorker)
  t.teardown(() => process.off('worker', onWorker))
  const open = Array.from({ length: 4 }, () => new ImageVerifier())
  for (const verifier of open) verifier.resume().write(large.subarray(0, 100_000))

  const window = Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 17 << 3]), Buffer.alloc(3)])
  await verify(tar([{ name: 'window', content: window }, ...podmanArchive(sampleImage())]))
  for (const verifier of open) verifier.end(large.subarray(100_000))
  for (const { facts } of open) t.equal((await facts).size, large.length, 'those it had are not lost')
  await Promise.race(exits)
  t.ok(await verify(large), 'another takes its place')
})

t.test('the event loop stays free', async t => {
  const file = gzipSync(large, { level: 1 })
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  await verify(file)
  delay.disable()
  t.ok(delay.percentile(90) < 50e6, `90% of delays under ${delay.percentile(90) / 1e6} ms`)
})

function * slices (file: Buffer): Generator<Buffer> {
  for (let start = 0; start < file.length; start += 65536) yield file.subarray(start, start + 65536)
}
