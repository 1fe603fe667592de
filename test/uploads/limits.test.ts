import t, { type Test } from 'tap'
import { temporaryFolder } from '../app.js'
import { startService } from '../service.js'
import { containersOf } from './documents.js'
import { tarballsIn } from './folder.js'
import { OpenUpload } from './open-upload.js'
import { MIB, tarballOf } from './tarballs.js'

const EXPECT = { expect: '100-continue' }

t.test('as many uploads at once as there may be are all registered, and one more is asked to come again', async t => {
  const { url, folder } = await started(t, { LEPORELLO_UPLOADS_PER_USER: '16' })
  const names = Array.from({ length: 16 }, (_, n) => `container-${String(n).padStart(2, '0')}:1.0`)
  const uploads = names.map(name => OpenUpload.put(url, name, EXPECT))
  for (const upload of uploads) upload.sendHeaders()
  await Promise.all(uploads.map(({ wanted }) => wanted))
  for (const form of [false, true]) {
    const late = form ? OpenUpload.emptyForm(url, EXPECT) : OpenUpload.put(url, 'container-late:1.0', EXPECT)
    late.sendHeaders()
    const { status, headers, body } = await late.answer
    t.match({ status, body }, { status: 503, body: { result: { code: 'UPLOADS_BUSY' }, message: /^16 uploads are under way/ } })
    t.equal(headers['retry-after'], '5')
  }
  const tarballs = names.map(name => tarballOf(name, { mebibytes: 4 }))
  const answers = await Promise.all(uploads.map((upload, n) => upload.end(tarballs[n]!)))
  t.same(answers.map(({ status, body }) => [status, body.result['id']]), names.map(name => [200, name]))
  t.same(await containersOf(url), names)
  t.equal((await tarballsIn(folder)).length, 2 * names.length)
  const download = await fetch(answers[7]!.body.result.url!)
  t.ok(Buffer.from(await download.arrayBuffer()).equals(tarballs[7]!))
  t.match(await OpenUpload.put(url, 'container-late:1.0').end(tarballOf('container-late:1.0')), { status: 200 }, 'and there is room again')
})

t.test('a place is given back however an upload ends', async t => {
  const { url } = await started(t, { LEPORELLO_UPLOADS: '1', LEPORELLO_UPLOAD_IDLE_MS: '1000' })
  const name = 'container-one:1.0'
  const ends: Record<string, (upload: OpenUpload) => Promise<unknown>> = {
    'it is refused': upload => upload.end('no tarball'),
    'it stalls': upload => upload.answer,
    'its client leaves': async upload => {
      upload.leave()
      // Nobody can tell when the service has seen it.
      while ((await OpenUpload.put(url, name).end(tarballOf(name))).status !== 200);
    },
    'it is registered': upload => upload.end(tarballOf(name))
  }
  for (const [how, end] of Object.entries(ends)) {
    const upload = OpenUpload.put(url, name, EXPECT)
    upload.sendHeaders()
    await upload.wanted
    await end(upload)
    t.match(await OpenUpload.put(url, name).end(tarballOf(name)), { status: 200 }, how)
  }
  t.same(await containersOf(url), [name])
})

t.test('a tarball of unknown length that gets too large is refused while it still comes', async t => {
  const { url, folder } = await started(t, { LEPORELLO_UPLOAD_MAX_BYTES: String(4 * MIB) })
  const name = 'container-large:1.0'
  const tarball = tarballOf(name, { mebibytes: 8 })
  for (const form of [false, true]) {
    const upload = form ? OpenUpload.post(url, name) : OpenUpload.put(url, name)
    if (form) upload.file('amd64')
    upload.send(tarball.subarray(0, -MIB))
    const { status, body } = await upload.answer
    t.match({ status, body }, { status: 413, body: { result: { code: 'IMAGE_LIMIT_EXCEEDED' }, message: 'larger than 4194304 bytes' } })
  }
  t.same(await containersOf(url), [])
  t.same(await tarballsIn(folder), [])
  t.match(await OpenUpload.put(url, name).end(tarballOf(name, { mebibytes: 3 })), { status: 200 })
})

async function started (t: Test, env: Record<string, string> = {}) {
  const folder = await temporaryFolder(t)
  const { url } = await startService(t, { LEPORELLO_DATA_DIR: folder, ...env })
  return { url, folder }
}
