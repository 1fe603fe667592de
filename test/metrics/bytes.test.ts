import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { testApp } from '../app.js'
import { OpenUpload } from '../uploads/open-upload.js'
import { tarballOf } from '../uploads/tarballs.js'
import { Samples, samplesUntil } from './samples.js'

const NAME = 'container-hello:1.0'
const RECEIVED = 'leporello_upload_received_bytes_total'
const WRITTEN = 'leporello_store_written_bytes_total'

const scrapeOf = (app: FastifyInstance) => async () => (await app.inject('/metrics')).body

t.test('the bytes of an upload are counted as they come and as the store takes them, and each once', async t => {
  const app = await testApp(t)
  const tarball = tarballOf(NAME, { mebibytes: 2 })
  const upload = OpenUpload.put(await app.listen({ host: '127.0.0.1', port: 0 }), NAME, { 'content-length': String(tarball.length) })
  const half = tarball.length / 2
  upload.send(tarball.subarray(0, half))
  const samples = await samplesUntil(scrapeOf(app), samples => samples.sum(RECEIVED) > 0 && samples.sum(WRITTEN) > 0)
  t.equal(samples.sum('leporello_uploads_open'), 1)
  t.ok(samples.sum(RECEIVED) <= half)
  t.equal((await upload.end(tarball.subarray(half))).status, 200)
  const after = new Samples(await scrapeOf(app)())
  t.equal(after.sum(RECEIVED), tarball.length)
  t.ok(after.sum(WRITTEN) > tarball.length, 'with the facts beside it')
  t.ok(after.sum(WRITTEN) < tarball.length + 50_000)
})

t.test('what came of an upload that its client leaves is counted as well', async t => {
  const app = await testApp(t)
  const tarball = tarballOf(NAME, { mebibytes: 1 })
  const upload = OpenUpload.put(await app.listen({ host: '127.0.0.1', port: 0 }), NAME, { 'content-length': String(tarball.length) })
  upload.send(tarball.subarray(0, 600_000))
  await samplesUntil(scrapeOf(app), samples => samples.sum(RECEIVED) === 600_000)
  upload.leave()
  const samples = await samplesUntil(scrapeOf(app), samples => samples.sum('leporello_uploads_open') === 0)
  t.equal(samples.sum(RECEIVED), 600_000)
})
