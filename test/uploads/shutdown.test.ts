import { once } from 'node:events'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { temporaryFolder } from '../app.js'
import { startService } from '../service.js'
import { containersOf, uploadRecordsIn } from './documents.js'
import { begunIn, tarballsIn, unfinishedIn } from './folder.js'
import { OpenUpload } from './open-upload.js'
import { tarballOf } from './tarballs.js'

const NAME = 'container-last:1.0'
const TARBALL = tarballOf(NAME)

t.test('an upload under way may finish when the service is told to end', async t => {
  const { service, folder, upload } = await begun(t, '30000')
  const ended = service.stop()
  await service.logged(({ msg }) => msg === 'closing on SIGTERM')
  t.match(await upload.end(TARBALL.subarray(-100)), { status: 200, headers: { connection: 'close' } })
  t.same(await ended, { code: 0, signal: null })
  const { url } = await startService(t, { LEPORELLO_DATA_DIR: folder })
  t.same(await containersOf(url), [NAME])
})

t.test('one that does not is cut off, and leaves nothing', async t => {
  const { service, folder } = await begun(t, '300')
  t.same(await service.stop(), { code: 0, signal: null })
  t.same([...await tarballsIn(folder), ...await unfinishedIn(folder), ...await uploadRecordsIn(folder)], [])
  t.match(await service.logged(({ path }) => path === '/container/upload'), { status: 499 })
})

t.test('a request on a connection that was open before is answered, and ends it', async t => {
  const { service, upload } = await begun(t, '30000')
  const { hostname, port } = new URL(service.url)
  const connection = connect(Number(port), hostname)
  await once(connection, 'connect')
  // Its first bytes keep it from being closed as one that nobody uses.
  connection.write('GET /container/list HTTP/1.1\r\n')
  await fetch(`${service.url}/health/live`)
  const ended = service.stop()
  await service.logged(({ msg }) => msg === 'closing on SIGTERM')
  connection.write(`Host: ${hostname}:${port}\r\n\r\n`)
  t.match(await text(connection), /^HTTP\/1\.1 200 OK\r\n.*connection: close\r\n.*"success": true/s)
  await upload.end(TARBALL.subarray(-100))
  t.same(await ended, { code: 0, signal: null })
})

/** A service with so long to end, and an upload of which all but the end has come. */
async function begun (t: Test, graceMs: string) {
  const folder = await temporaryFolder(t)
  const service = await startService(t, { LEPORELLO_DATA_DIR: folder, LEPORELLO_SHUTDOWN_GRACE_MS: graceMs })
  const upload = OpenUpload.put(service.url, NAME)
  upload.send(TARBALL.subarray(0, -100))
  await begunIn(folder)
  return { service, folder, upload }
}
