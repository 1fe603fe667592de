import t from 'tap'
import { EmbeddedDocumentIndex } from '../../src/adapters/embedded/document-index.js'
import { S3ImageStore } from '../../src/adapters/s3/image-store.js'
import { CONTAINER, form, temporaryFolder, testApp } from '../app.js'
import { freePort } from '../engines/engine.js'
import { OpenUpload } from '../uploads/open-upload.js'
import { tarballOf } from '../uploads/tarballs.js'

t.test('while the store is down registrations work, uploads are asked to come later, and the service is ready', async t => {
  const folder = await temporaryFolder(t)
  const images = new S3ImageStore({
    bucket: 'b',
    endpoint: `http://127.0.0.1:${await freePort()}`,
    patienceMs: 300,
    publicUrl: () => 'http://leporello.test',
    credentials: { accessKeyId: 'nobody', secretAccessKey: 'nothing' }
  })
  const app = await testApp(t, { backends: { index: await EmbeddedDocumentIndex.open({ folder }), images } })
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const post = (path: string, fields: Record<string, string>) => app.inject({ url: path, method: 'POST', ...form(fields) })

  const ready = await app.inject('/health/ready')
  t.equal(ready.statusCode, 200)
  t.match(ready.json(), { status: 'ready', backends: { index: { state: 'up' }, store: { state: 'down', reason: 'ECONNREFUSED' } } })

  t.equal((await post('/container/add', CONTAINER)).statusCode, 200)
  t.equal((await post('/container/merge', { name: 'container-b:1', version: '1', architecture: 'arm64', url: 's3://b/b.tar' })).statusCode, 200)
  t.equal((await app.inject(`/container/resolve?id=${CONTAINER.name}&arch=arm64`)).statusCode, 200)
  t.equal((await post('/container/detach', { id: CONTAINER.name, architecture: 'arm64' })).statusCode, 200)

  const { status, headers, body } = await OpenUpload.put(url, 'container-c:1').end(tarballOf('container-c:1'))
  t.match({ status, body }, { status: 503, body: { success: false, result: { code: 'STORE_UNAVAILABLE' } } })
  t.match(headers['retry-after'], /^\d+$/)
  t.same((await app.inject('/container/list')).json().result, ['container-b:1', CONTAINER.name])
  t.equal((await app.inject(`/container/remove?id=${CONTAINER.name}`)).statusCode, 200)
})
