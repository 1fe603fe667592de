import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { temporaryFolder } from './app.js'
import { podmanArchive, sampleImage } from './image/support/sample-image.js'
import { tar } from './image/support/tar-writer.js'
import { startService, type Service } from './service.js'

const NAME = 'container-sample:1.0'
const TARBALL = gzipSync(tar(podmanArchive(sampleImage(), NAME)))
const UPLOAD = `/container/upload?name=${NAME}&version=1.0`

t.test('a tarball sent over a socket is registered and downloaded byte for byte', async t => {
  const { service, folder } = await started(t)
  const answer = await fetch(service.url + UPLOAD, { method: 'PUT', body: TARBALL })
  const { result } = await answer.json() as { result: { url: string } }
  t.equal(answer.status, 200)
  t.equal((await tarballsIn(folder)).length, 1)
  const download = await fetch(new URL(new URL(result.url).pathname, service.url))
  t.ok(Buffer.from(await download.arrayBuffer()).equals(TARBALL))
})

t.test('a client that stalls in the middle of a body is told so, is let go soon, and leaves nothing', async t => {
  const { service, folder } = await started(t, { LEPORELLO_UPLOAD_IDLE_MS: '300' })
  const socket = sendHalf(service)
  await once(socket, 'readable')
  const answered = performance.now()
  const answer = await text(socket)
  t.ok(performance.now() - answered < 6000, 'it is waited for two seconds')
  t.match(answer, /^HTTP\/1\.1 408 /)
  t.match(answer, /UPLOAD_STALLED/)
  await hasNothing(t, service, folder)
})

t.test('a client that resets is logged as one that left, and leaves nothing', async t => {
  const { service, folder } = await started(t)
  const socket = sendHalf(service)
  await begun(folder)
  socket.resetAndDestroy()
  t.match(await service.logged(entry => entry['status'] === 499), { method: 'PUT', path: '/container/upload' })
  await hasNothing(t, service, folder)
})

t.test('after kill -9 in the middle of an upload, nothing of it is registered and the service starts', async t => {
  const { service, folder } = await started(t)
  sendHalf(service).on('error', () => {})
  await begun(folder)
  await service.stop('SIGKILL')
  await hasNothing(t, (await started(t, {}, folder)).service, folder)
})

t.test('a part named for no architecture is refused, and the service goes on', async t => {
  const { service, folder } = await started(t)
  const form = new FormData()
  form.set('name', NAME)
  form.set('version', '1.0')
  form.set('vax', new Blob([TARBALL]), 'a.tar.gz')
  const answer = await fetch(`${service.url}/container/upload`, { method: 'POST', body: form })
  t.match(await answer.text(), /ARCHITECTURE_UNKNOWN/)
  await hasNothing(t, service, folder)
})

/** Resolves when something of the upload has reached the store. */
async function begun (folder: string): Promise<void> {
  while ((await readdir(join(folder, 'tarballs', '.unfinished')).catch(() => [])).length === 0) await setTimeout(10)
}

async function started (t: Test, env: Record<string, string> = {}, data?: string) {
  const folder = data ?? await temporaryFolder(t)
  return { folder, service: await startService(t, { LEPORELLO_DATA_DIR: folder, LEPORELLO_LOG_LEVEL: 'info', ...env }) }
}

function sendHalf (service: Service): Socket {
  const { hostname, port } = new URL(service.url)
  const socket = connect(Number(port), hostname)
  socket.write(`PUT ${UPLOAD} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${TARBALL.length}\r\n` +
    'Content-Type: application/octet-stream\r\n\r\n')
  socket.write(TARBALL.subarray(0, TARBALL.length / 2))
  return socket
}

async function hasNothing (t: Test, service: Service, folder: string): Promise<void> {
  const { result } = await (await fetch(`${service.url}/container/list`)).json() as { result: string[] }
  t.strictSame(result, [], 'no document')
  t.strictSame(await tarballsIn(folder), [], 'no object')
}

async function tarballsIn (folder: string): Promise<string[]> {
  return (await readdir(folder, { recursive: true })).filter(path => /^tarballs\/containers\/.*\.tar(\.\w+)?$/.test(path))
}
