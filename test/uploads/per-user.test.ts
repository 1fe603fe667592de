import t from 'tap'
import { accessFiles, basic, CREDENTIALS } from '../access/guarded-app.js'
import { temporaryFolder } from '../app.js'
import { startService } from '../service.js'
import { OpenUpload } from './open-upload.js'
import { tarballOf } from './tarballs.js'

const EXPECT = { expect: '100-continue' }

t.test('one user cannot take all places for uploads, and hears so before a byte is sent', async t => {
  const { url } = await startService(t, {
    LEPORELLO_DATA_DIR: await temporaryFolder(t), LEPORELLO_UPLOADS: '3', LEPORELLO_UPLOADS_PER_USER: '2', ...await accessFiles(t)
  })
  const put = (name: string, authorization: string) => {
    const upload = OpenUpload.put(url, name, { ...EXPECT, authorization })
    upload.sendHeaders()
    return upload
  }
  const own = ['container-a:1', 'container-b:1'].map(name => put(name, CREDENTIALS.writer))
  await Promise.all(own.map(({ wanted }) => wanted))
  for (const form of [false, true]) {
    const third = form ? OpenUpload.emptyForm(url, { ...EXPECT, authorization: CREDENTIALS.writer }) : put('container-c:1', CREDENTIALS.writer)
    third.sendHeaders()
    third.wanted.then(() => t.fail('it is not to be sent'))
    const { status, headers, body } = await third.answer
    t.match([status, body], [429, { message: /^2 uploads of the same user/, result: { code: 'TOO_MANY_UPLOADS' } }])
    t.match(headers, { 'retry-after': '5', connection: 'close' })
  }
  const other = put('container-d:1', CREDENTIALS.administrator)
  await other.wanted
  t.match(await put('container-foo:1', basic('x', 'foo-token')).answer, { status: 503, body: { result: { code: 'UPLOADS_BUSY' } } })
  t.match(await own[0]!.end(tarballOf('container-a:1')), { status: 200 })
  t.match(await put('container-e:1', CREDENTIALS.writer).end(tarballOf('container-e:1')), { status: 200 }, 'there is a place again')
  own[1]!.leave()
  other.leave()
})

t.test('who does not say who they are is counted by address, as a trusted proxy tells it', async t => {
  const { url } = await startService(t, {
    LEPORELLO_DATA_DIR: await temporaryFolder(t), LEPORELLO_UPLOADS_PER_USER: '1', LEPORELLO_TRUST_PROXY: 'loopback'
  })
  const put = (address: string) => {
    const upload = OpenUpload.put(url, 'container-a:1', { ...EXPECT, 'x-forwarded-for': address })
    upload.sendHeaders()
    return upload
  }
  const uploads = [put('192.0.2.1'), put('192.0.2.2')]
  await Promise.all(uploads.map(({ wanted }) => wanted))
  t.match(await put('192.0.2.1').answer, { status: 429 })
  for (const upload of uploads) upload.leave()
})
