import t from 'tap'
import { temporaryFolder } from '../app.js'
import { startService } from '../service.js'
import { containersOf, uploadRecordsIn } from './documents.js'
import { tarballsIn, unfinishedIn } from './folder.js'
import { OpenUpload, type Answer } from './open-upload.js'
import { tarballOf } from './tarballs.js'

const NAME = 'container-broken:1.0'
const TARBALL = tarballOf(NAME)

/** Forms that arrive whole, by HTTP's reckoning, and are none. */
const FORMS: Record<string, (form: (headers?: Record<string, string>) => OpenUpload) => Promise<Answer>> = {
  'that end without their last boundary': async form => {
    const upload = form()
    upload.file('amd64')
    return await upload.end(TARBALL)
  },
  'that end in a file': async form => {
    const upload = form()
    upload.file('amd64')
    return await upload.end(TARBALL.subarray(0, TARBALL.length / 2))
  },
  'that end in the head of a part': async form => {
    const upload = form()
    upload.file('amd64')
    upload.send(TARBALL)
    upload.endFile()
    return await upload.end('--leporello-upload\r\ncontent-disposition: form-da')
  },
  'whose boundary is another one': async form =>
    await form({ 'content-type': 'multipart/form-data; boundary=other' }).endForm(),
  'without a boundary': async form => await form({ 'content-type': 'multipart/form-data' }).endForm(),
  'with a file that has no name': async form => {
    const upload = form()
    upload.send('--leporello-upload\r\ncontent-disposition: form-data; filename="a.tar"\r\n\r\n')
    upload.send(TARBALL)
    upload.endFile()
    return await upload.endForm()
  },
  'with a tarball in a field': async form => {
    const upload = form()
    upload.field('amd64', TARBALL.toString('latin1'))
    return await upload.endForm()
  },
  'with a field after the file': async form => {
    const upload = form()
    upload.file('amd64')
    upload.send(TARBALL)
    upload.endFile()
    upload.field('digest', 'sha256:aa')
    return await upload.endForm()
  },
  'with an empty file': async form => {
    const upload = form()
    upload.file('amd64')
    upload.endFile()
    return await upload.endForm()
  }
}

t.test('a form that is none, or not whole, is refused, and leaves nothing', async t => {
  const folder = await temporaryFolder(t)
  const { url, log } = await startService(t, { LEPORELLO_DATA_DIR: folder })
  for (const [which, send] of Object.entries(FORMS)) {
    const { status, body } = await send(headers => OpenUpload.post(url, NAME, headers))
    t.ok(status === 400 || status === 422, `forms ${which}: ${status} ${body.result?.code} ${body.message}`)
    t.match(body, { success: false, message: /\w/, result: { code: /^[A-Z_]+$/ } })
    t.same([...await tarballsIn(folder), ...await unfinishedIn(folder), ...await uploadRecordsIn(folder)], [])
  }
  t.same(await containersOf(url), [])
  t.notOk(log.some(({ level }) => Number(level) >= 50), 'and none of it is an error of the service')
})
