import t from 'tap'
import { form, temporaryFolder } from '../app.js'
import { startService } from '../service.js'
import { OpenUpload } from '../uploads/open-upload.js'
import { tarballOf } from '../uploads/tarballs.js'
import { accessFiles, CREDENTIALS } from './guarded-app.js'

const FOO = { authorization: CREDENTIALS['token for container-foo'] }
const WRITER = { authorization: CREDENTIALS.writer }
const FOO_ID = 'container-foo:1'
const BAR_ID = 'container-bar:1'

t.test('a tarball is for who may read the container that it was uploaded for, whoever else names it', async t => {
  const { url } = await startService(t, { LEPORELLO_DATA_DIR: await temporaryFolder(t), ...await accessFiles(t) })
  const put = async (name: string) => (await OpenUpload.put(url, name, WRITER).end(tarballOf(name))).body.result as { url: string }
  const [foo, bar] = [await put(FOO_ID), await put(BAR_ID)]
  const tag = (await fetch(bar.url, { method: 'HEAD', headers: WRITER })).headers.get('etag')!
  t.equal((await fetch(foo.url, { headers: FOO })).status, 200)

  const { payload, headers } = form({ name: FOO_ID, version: '1', digest: 'd', url: bar.url })
  t.equal((await fetch(`${url}/container/add`, { method: 'POST', body: payload, headers: { ...headers, ...FOO } })).status, 200)
  t.match(await (await fetch(`${url}/container/resolve?id=${FOO_ID}&arch=amd64`, { headers: FOO })).json(), { result: { url: bar.url } })
  for (const method of ['GET', 'HEAD']) {
    for (const more of [{}, { range: 'bytes=0-0' }, { 'if-none-match': tag }, { 'if-none-match': '*' }, { range: 'bytes=999999999-' }] as Array<Record<string, string>>) {
      const answer = await fetch(bar.url, { method, headers: { ...FOO, ...more } })
      t.equal(answer.status, 403, `${method} ${JSON.stringify(more)}`)
      for (const name of ['etag', 'repr-digest', 'content-range', 'accept-ranges', 'location']) t.equal(answer.headers.get(name), null, name)
    }
  }
})

t.test('who uploads to a name that is not theirs is refused before the tarball is read', async t => {
  const { url } = await startService(t, { LEPORELLO_DATA_DIR: await temporaryFolder(t), ...await accessFiles(t) })
  const sent = (fields: Record<string, string>, query = '') => {
    const body = new FormData()
    for (const [name, value] of Object.entries(fields)) body.append(name, value)
    body.append('tarball', new Blob([tarballOf(BAR_ID)]), 'x.tar')
    return fetch(`${url}/container/upload${query}`, { method: 'POST', body, headers: FOO })
  }
  t.equal((await sent({ name: BAR_ID, version: '1' })).status, 403)
  t.equal((await sent({ name: BAR_ID, version: '1' }, `?name=${FOO_ID}`)).status, 403, 'the form goes before the query')
  t.equal((await sent({ version: '1' }, `?name=${BAR_ID}`)).status, 403)
  t.match(await OpenUpload.put(url, BAR_ID, FOO).end(tarballOf(BAR_ID)), { status: 403 })
  t.strictSame(await (await fetch(`${url}/container/list`, { headers: WRITER })).json(), { success: true, message: '', result: [] })
})
