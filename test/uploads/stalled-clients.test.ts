import { setTimeout } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { temporaryFolder } from '../app.js'
import { startService, type Service } from '../service.js'
import { containersOf, uploadRecordsIn } from './documents.js'
import { begunIn, tarballsIn, unfinishedIn } from './folder.js'
import { OpenUpload } from './open-upload.js'
import { tarballOf } from './tarballs.js'

const NAME = 'container-stalled:1.0'
const TARBALL = tarballOf(NAME)
const HALF = TARBALL.subarray(0, TARBALL.length / 2)
const ARM64 = tarballOf(NAME, { architecture: 'arm64' })
const EXPECT = { expect: '100-continue' }

/** What a client may have sent when it stalls. */
const STALLS: Record<string, (service: string) => OpenUpload> = {
  'before the first byte of a raw body': url =>
    begun(OpenUpload.put(url, NAME, { 'content-length': String(TARBALL.length) })),
  'before the first byte of a raw body of unknown length': url => begun(OpenUpload.put(url, NAME)),
  'before the first byte of a raw body that was asked for': url => begun(OpenUpload.put(url, NAME, EXPECT)),
  'in a raw body': url => begun(OpenUpload.put(url, NAME), HALF),
  'before the end of a raw body': url => begun(OpenUpload.put(url, NAME), TARBALL),
  'before the first field': url => begun(OpenUpload.emptyForm(url)),
  'before the first file': url => OpenUpload.post(url, NAME),
  'before the first byte of a file': url => withFiles(OpenUpload.post(url, NAME), ''),
  'in a file': url => withFiles(OpenUpload.post(url, NAME), HALF),
  'before the end of the form': url => withFiles(OpenUpload.post(url, NAME), TARBALL, ARM64),
  'between two files': url => {
    const upload = withFiles(OpenUpload.post(url, NAME), TARBALL)
    upload.endFile()
    return upload
  },
  'in the second file': url => withFiles(OpenUpload.post(url, NAME), TARBALL, HALF)
}

t.test('a client that stalls is told so, is logged so, and leaves nothing', async t => {
  const { service, folder } = await started(t, { LEPORELLO_UPLOAD_IDLE_MS: '500', LEPORELLO_UPLOADS: '100', LEPORELLO_UPLOADS_PER_USER: '100' })
  for (const [where, begin] of Object.entries(STALLS)) {
    t.test(where, async t => {
      const upload = begin(service.url)
      const { status, headers, body } = await upload.answer
      t.match({ status, body }, { status: 408, body: { result: { code: 'UPLOAD_STALLED' }, message: 'nothing came for 0.5 s' } })
      t.equal(headers.connection, 'close')
    })
  }
  const lines = await loggedUploads(service, Object.keys(STALLS).length)
  t.same(lines.map(({ status, code }) => `${status} ${code}`), lines.map(() => '408 UPLOAD_STALLED'))
  await hasNothing(t, service.url, folder)
})

t.test('a client that goes on and on is told that it takes too long', async t => {
  const { service, folder } = await started(t, { LEPORELLO_UPLOAD_TIMEOUT_MS: '1000' })
  for (const upload of [begun(OpenUpload.put(service.url, NAME), HALF), withFiles(OpenUpload.post(service.url, NAME), HALF)]) {
    let sent = HALF.length
    const trickle = setInterval(() => { upload.send(TARBALL.subarray(sent, ++sent)) }, 20)
    const { status, body } = await upload.answer.finally(() => clearInterval(trickle))
    t.match({ status, body }, { status: 408, body: { result: { code: 'UPLOAD_TIMED_OUT' }, message: 'more than 1 s' } })
  }
  await hasNothing(t, service.url, folder)
})

t.test('a client that leaves is logged as one that left, and leaves nothing', async t => {
  const { service, folder } = await started(t)
  const leaving: Record<string, [() => OpenUpload, (upload: OpenUpload) => Promise<void>]> = {
    'before the first byte of a raw body': [() => begun(OpenUpload.put(service.url, NAME, EXPECT)), upload => upload.wanted],
    'in a raw body': [() => begun(OpenUpload.put(service.url, NAME), HALF), () => begunIn(folder)],
    'before the first field': [() => begun(OpenUpload.emptyForm(service.url, EXPECT)), upload => upload.wanted],
    'in a file': [() => withFiles(OpenUpload.post(service.url, NAME), HALF), () => begunIn(folder)],
    'in the second file': [() => withFiles(OpenUpload.post(service.url, NAME), TARBALL, HALF), async () => {
      while ((await tarballsIn(folder)).length < 2) await setTimeout(10)
    }]
  }
  for (const [n, [where, [begin, hasArrived]]] of Object.entries(leaving).entries()) {
    t.test(where, async t => {
      const upload = begin()
      await hasArrived(upload)
      upload.leave()
      const lines = await loggedUploads(service, n + 1)
      t.match(lines[n], { status: 499 })
      await hasNothing(t, service.url, folder)
    })
  }
  t.test('and none of it is an error', async t => t.notOk(service.log.some(({ level }) => Number(level) >= 50)))
})

function begun (upload: OpenUpload, bytes?: Buffer): OpenUpload {
  if (bytes === undefined) upload.sendHeaders()
  else upload.send(bytes)
  return upload
}

/** Ends each file but the last. */
function withFiles (upload: OpenUpload, amd64: Buffer | string, arm64?: Buffer): OpenUpload {
  upload.file('amd64')
  upload.send(amd64)
  if (arm64 === undefined) return upload
  upload.endFile()
  upload.file('arm64')
  upload.send(arm64)
  return upload
}

async function started (t: Test, env: Record<string, string> = {}) {
  const folder = await temporaryFolder(t)
  return { folder, service: await startService(t, { LEPORELLO_DATA_DIR: folder, ...env }) }
}

/** The lines of the log about uploads, when there are so many. */
async function loggedUploads (service: Service, count: number): Promise<ReadonlyArray<Record<string, unknown>>> {
  const isUpload = ({ path }: Record<string, unknown>) => path === '/container/upload'
  let seen = 0
  await service.logged(entry => isUpload(entry) && ++seen === count)
  return service.log.filter(isUpload)
}

/** What could be removed in the background is waited for. */
async function hasNothing (t: Test, url: string, folder: string): Promise<void> {
  t.same(await containersOf(url), [], 'no document')
  t.same(await uploadRecordsIn(folder), [], 'no record')
  while ((await tarballsIn(folder)).length + (await unfinishedIn(folder)).length > 0) await setTimeout(10)
}
