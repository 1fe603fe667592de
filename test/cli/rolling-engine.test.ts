import t, { type Test } from 'tap'
import { temporaryFolder } from '../app.js'
import { freePort, startEngine } from '../engines/engine.js'
import { startS3Server } from '../engines/s3-server.js'
import { enginesUnderTest, s3ServersUnderTest } from '../engines/under-test.js'
import { startService, type Service } from '../service.js'
import { unfinishedIn } from '../uploads/folder.js'
import { OpenUpload } from '../uploads/open-upload.js'
import { s3Environment, type Environment } from '../uploads/s3-service.js'
import { tarballOf } from '../uploads/tarballs.js'
import { Traffic } from './traffic.js'

/** How many more answers there must have been before the next replica is rolled. */
const ANSWERS = 40

const engines = enginesUnderTest()
const [s3] = engines.length > 0 ? s3ServersUnderTest() : []

for (const name of engines) {
  t.test(`${name}: replicas are rolled one by one under merges, uploads and lists, and what was acknowledged is there`, async t => {
    const [engine, store] = await Promise.all([startEngine(t, name), startStore(t)])
    const ports = [await freePort(), await freePort()]
    const env = { ...store.env, LEPORELLO_INDEX_URL: engine.url, LEPORELLO_PUBLIC_URL: `http://127.0.0.1:${ports[0]}` }
    const start = async (port: number): Promise<Service> => await startService(t, { ...env, LEPORELLO_PORT: String(port) })
    const replicas = await Promise.all(ports.map(start))
    const traffic = await Traffic.start(t, replicas.map(({ url }) => url), await temporaryFolder(t))

    for (const which of [0, 1]) {
      await traffic.answered(ANSWERS)
      traffic.uploaded.add(await stopDuringUpload(t, replicas[which]!, `container-last-${traffic.answers}:1.0`))
      await traffic.answered(ANSWERS, 1)
      replicas[which] = await start(ports[which]!)
    }
    await traffic.answered(ANSWERS)
    await traffic.end()

    t.same(await traffic.missing(), [])
    t.same(await store.unfinished(), [])
    for (const replica of replicas) t.same(await replica.stop(), { code: 0, signal: null })
  })
}

/** Sends SIGTERM in the middle of an upload, which is finished, and the process ends. */
async function stopDuringUpload (t: Test, replica: Service, id: string): Promise<string> {
  const tarball = tarballOf(id)
  const upload = OpenUpload.put(replica.url, id, { expect: '100-continue' })
  upload.sendHeaders()
  await upload.wanted
  upload.send(tarball.subarray(0, -1))
  const ended = replica.stop()
  await replica.logged(({ msg }) => msg === 'closing on SIGTERM')
  t.match(await upload.end(tarball.subarray(-1)), { status: 200 })
  t.same(await ended, { code: 0, signal: null })
  return id
}

/** An S3 server, if one is to be tested, or a folder, which replicas on one machine may share. */
async function startStore (t: Test): Promise<{ readonly env: Environment, readonly unfinished: () => Promise<string[]> }> {
  const folder = await temporaryFolder(t)
  if (s3 === undefined) return { env: { LEPORELLO_DATA_DIR: folder }, unfinished: async () => await unfinishedIn(folder) }
  const server = await startS3Server(t, s3)
  const bucket = await server.bucket()
  const unfinished = async () => (await server.contents(bucket, '')).filter(entry => entry.startsWith('unfinished '))
  return { env: { ...s3Environment(server, bucket), LEPORELLO_DATA_DIR: folder }, unfinished }
}
