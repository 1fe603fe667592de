import { once } from 'node:events'
import { createServer } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { EmbeddedDocumentIndex } from '../../src/adapters/embedded/document-index.js'
import { S3ImageStore, type S3ImageStoreOptions } from '../../src/adapters/s3/image-store.js'
import { temporaryFolder, testApp } from '../app.js'
import { startS3Server, type S3Server } from '../engines/s3-server.js'
import { s3ServersUnderTest } from '../engines/under-test.js'
import { containersOf, uploadRecordsIn } from './documents.js'
import { OpenUpload } from './open-upload.js'
import { s3Service } from './s3-service.js'
import { MIB, tarballOf } from './tarballs.js'

const NAME = 'container-outage:1.0'

/** So much is sent of a tarball that its first part is in the store and the next ones are on their way. */
const BEGUN = 13 * MIB

for (const kind of s3ServersUnderTest()) {
  t.test(kind, async t => {
    const server = await startS3Server(t, kind)

    t.test('an upload outlives the server being killed in the middle of a part and started again', async t => {
      const { service, bucket } = await s3Service(t, server)
      const tarball = tarballOf(NAME, { mebibytes: 30 })
      const upload = OpenUpload.put(service.url, NAME)
      upload.send(tarball.subarray(0, BEGUN))
      await untilUnfinished(server, bucket)
      await server.kill()
      upload.send(tarball.subarray(BEGUN, -MIB))
      await untilSomebodyCalls(server)
      await server.start()
      const { status, body } = await upload.end(tarball.subarray(-MIB))
      t.equal(status, 200)
      const download = await fetch(body.result.url!)
      t.ok(Buffer.from(await download.arrayBuffer()).equals(tarball), 'and is downloaded byte for byte')
      t.equal((await contentsOf(server, bucket)).filter(each => each.startsWith('unfinished')).length, 0)
    })

    t.test('a server that is gone for longer is a 503 while the client still sends, and leaves nothing', async t => {
      const { url, bucket, folder } = await impatient(t, server, { patienceMs: 500 })
      const tarball = tarballOf(NAME, { mebibytes: 30 })
      for (const form of [false, true]) {
        const upload = form ? OpenUpload.post(url, NAME) : OpenUpload.put(url, NAME)
        if (form) upload.file('amd64')
        upload.send(tarball.subarray(0, BEGUN))
        await untilUnfinished(server, bucket)
        await server.kill()
        upload.send(tarball.subarray(BEGUN, -MIB))
        const { status, headers, body } = await upload.answer
        t.match({ status, body }, { status: 503, body: { success: false, result: { code: 'STORE_UNAVAILABLE' } } })
        t.match(body.message, new RegExp(`The store s3://${bucket}/ does not answer`))
        t.equal(headers['retry-after'], '5')
        await server.start()
        t.same(await containersOf(url), [])
        t.same(await uploadRecordsIn(folder), [])
        // The abortion is repeated until the server is back.
        while ((await contentsOf(server, bucket)).length > 0) await setTimeout(20)
      }
      t.match(await OpenUpload.put(url, NAME).end(tarball), { status: 200 }, 'and the next one is registered')
    })

    t.test('a server that takes connections and never answers is a 503 in time, and leaves nothing', async t => {
      const { url, bucket, folder } = await impatient(t, server, { patienceMs: 1000, idleTimeoutMs: 2000 })
      const tarball = tarballOf(NAME, { mebibytes: 30 })
      const upload = OpenUpload.put(url, NAME)
      upload.send(tarball.subarray(0, BEGUN))
      await untilUnfinished(server, bucket)
      server.pause()
      const paused = performance.now()
      upload.send(tarball.subarray(BEGUN, -MIB))
      t.match(await upload.answer, { status: 503, body: { result: { code: 'STORE_UNAVAILABLE' } } })
      t.ok(performance.now() - paused < 15_000, 'in time')
      server.resume()
      t.same(await containersOf(url), [])
      t.same(await uploadRecordsIn(folder), [])
      while ((await contentsOf(server, bucket)).length > 0) await setTimeout(20)
    })

    t.test('a server that is gone before the second tarball is a 503, and the first cannot be downloaded', async t => {
      const { url, bucket, folder } = await impatient(t, server, { patienceMs: 500 })
      const [first, second] = [tarballOf(NAME), tarballOf(NAME, { architecture: 'arm64' })]
      const upload = OpenUpload.post(url, NAME)
      upload.file('amd64')
      upload.send(first)
      upload.endFile()
      upload.file('arm64')
      // With its facts.
      while ((await contentsOf(server, bucket)).length < 2) await setTimeout(20)
      await server.kill()
      upload.send(second)
      upload.endFile()
      t.match(await upload.endForm(), { status: 503, body: { result: { code: 'STORE_UNAVAILABLE' } } })
      await server.start()
      t.same(await containersOf(url), [])
      t.same(await uploadRecordsIn(folder), [])
      const left = await contentsOf(server, bucket)
      t.match(left, [/-amd64-/, /-amd64-.*facts/], 'the sweep\'s, since the store did not answer')
      const address = left[0]!.split('/').slice(-2).join('/')
      t.equal((await fetch(`${url}/container/tarball/${address}`)).status, 404)
    })
  })
}

/** A service on a socket that gives the store up after less than the 30 s that it has otherwise. */
async function impatient (t: Test, server: S3Server, options: Partial<S3ImageStoreOptions>) {
  const folder = await temporaryFolder(t)
  const bucket = await server.bucket()
  const { endpoint, credentials } = server
  const images = new S3ImageStore({ bucket, endpoint, credentials, publicUrl: () => 'http://leporello.test', ...options })
  const app = await testApp(t, { backends: { index: await EmbeddedDocumentIndex.open({ folder }), images } })
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  return { url, bucket, folder }
}

/** All but the mark of the place. */
async function contentsOf (server: S3Server, bucket: string): Promise<string[]> {
  return (await server.contents(bucket, '')).filter(each => each !== '.leporello')
}

async function untilUnfinished (server: S3Server, bucket: string): Promise<void> {
  while (!(await contentsOf(server, bucket)).some(each => each.startsWith('unfinished'))) await setTimeout(20)
}

/** Stands in the place of a server that is down, and cuts the first connection: so the outage was felt. */
async function untilSomebodyCalls ({ endpoint }: S3Server): Promise<void> {
  const nobody = createServer().listen(Number(new URL(endpoint).port), '127.0.0.1')
  const [socket] = await once(nobody, 'connection')
  socket.resetAndDestroy()
  nobody.close()
  await once(nobody, 'close')
}
