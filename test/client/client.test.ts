import { createReadStream } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { LeporelloClient, type UploadProgress } from '../../src/client/index.js'
import { temporaryFolder } from '../app.js'
import { podmanArchive, sampleImage } from '../image/support/sample-image.js'
import { tar } from '../image/support/tar-writer.js'
import { startService } from '../service.js'

const NAME = 'container-hello:1.0'
const URLS = { x86_64: 's3://b/hello.tar.gz', arm64: 's3://b/hello-arm64.tar.gz' }

async function started (t: Test): Promise<LeporelloClient> {
  const { url } = await startService(t, { LEPORELLO_DATA_DIR: await temporaryFolder(t) })
  const client = new LeporelloClient({ url: `${url}/api/v0.1/` })
  t.teardown(() => client.close())
  return client
}

const tarball = (architecture: string) => tar(podmanArchive(sampleImage({ architecture }), NAME))

t.test('what is registered is listed, read, found, resolved, merged, detached and removed', async t => {
  const client = await started(t)
  const { id, tag } = await client.register({ name: NAME, version: '1.0', digest: 'sha256:aa', urls: { amd64: URLS.x86_64 } })
  t.equal(id, NAME)
  t.same(await client.list(), [NAME])
  const read = await client.info(NAME)
  t.match(read, { document: { id: NAME, url: URLS.x86_64 }, tag: /^"/ })
  t.equal(read.tag, tag)
  t.match(await client.merge({ name: NAME, version: '1.0', urls: { aarch64: URLS.arm64 }, digest: 'sha256:bb' }),
    { state: 'registered', message: /now has arm64/, document: { id: NAME } })
  t.match(await client.resolve(NAME, 'aarch64'), { architecture: 'arm64', url: URLS.arm64, digests: ['sha256:bb'], sha256: null })
  t.match(await client.resolve(NAME, 's390x', { fallback: ['riscv64', 'amd64'] }), { architecture: 'amd64' })
  t.match(await client.search({ q: 'hello', missing: 's390x', size: 1 }), { containers: [{ id: NAME }] })
  t.match(await client.report(), { containers: 1, architectures: { amd64: 1, arm64: 1 } })
  t.match(await client.detach(NAME, 'arm64'), { state: 'registered', document: { id: NAME } })
  await client.remove(NAME)
  t.same(await client.list(), [])
})

t.test('all pages of a search are one list', async t => {
  const client = await started(t)
  for (const name of ['a:1', 'b:1', 'c:1']) await client.register({ name, version: '1', digest: 'd', urls: URLS })
  const ids: string[] = []
  for await (const { id } of client.searchAll({ size: 1 })) ids.push(id)
  t.same(ids, ['a:1', 'b:1', 'c:1'])
})

t.test('a refusal has its status, its code, its sentence and what a program needs', async t => {
  const client = await started(t)
  await client.register({ name: NAME, version: '1.0', digest: 'sha256:aa', urls: URLS })
  await t.rejects(client.info('nope'), { name: 'ApiError', status: 404, code: 'CONTAINER_UNKNOWN', message: 'container not found: nope' })
  await t.rejects(client.resolve(NAME, 's390x'), {
    status: 404, code: 'ARCHITECTURE_MISSING', details: { architecture: 's390x', available: ['amd64', 'arm64'] }
  })
  await t.rejects(client.register({ name: NAME, version: '1', digest: 'd', urls: { 'x86-46': 's3://b/x' } }),
    { status: 400, code: 'ARCHITECTURE_UNKNOWN', message: /Did you mean "x86-64"/ })
  await t.rejects(client.remove(NAME, { ifMatch: '"other"' }), { status: 412, code: 'PRECONDITION_FAILED' })
  await t.rejects(client.register({ name: NAME, version: '1', digest: 'd', urls: URLS }, { ifNoneMatch: '*' }),
    { status: 412, code: 'PRECONDITION_FAILED' })
})

t.test('what waits for the rest of its build is told apart from what is registered', async t => {
  const client = await started(t)
  const images = { name: NAME, version: '1.0', build: '7', expect: ['x86_64', 'arm64'] }
  t.match(await client.merge({ ...images, urls: { amd64: URLS.x86_64 } }),
    { state: 'waiting', pending: { build: '7', missing: ['arm64'] } })
  t.match(await client.pending(NAME), [{ id: NAME, build: '7' }])
  t.match(await client.abandon(NAME, { build: '7' }), { id: NAME, build: '7' })
  t.same(await client.pending(), [])
})

t.test('who changed what is asked for page by page', async t => {
  const client = await started(t)
  for (const version of ['1', '2', '3']) await client.register({ name: NAME, version, digest: 'd', urls: URLS })
  const { changes, before } = await client.history(NAME, { limit: 2 })
  t.match(changes, [{ operation: 'add', after: { version: '3' }, before: { version: '2' } }, { after: { version: '2' } }])
  t.match(await client.history(NAME, { before: before! }), { changes: [{ before: null, after: { version: '1' } }], before: null })
  t.same(await client.history('unknown'), { changes: [], before: null })
})

t.test('files and streams are uploaded, with progress up to the last byte, and downloaded again', async t => {
  const client = await started(t)
  const [amd64, arm64] = [tarball('amd64'), tarball('arm64')]
  const folder = await temporaryFolder(t)
  const file = join(folder, 'a.tar')
  await writeFile(file, amd64)
  await writeFile(join(folder, 'b.tar'), arm64)
  const seen: UploadProgress[] = []
  t.match(await client.upload({ name: NAME, version: '1.0', tarballs: [{ architecture: 'x86_64', source: file }] },
    { onProgress: progress => { seen.push(progress) } }), { state: 'registered', document: { images: [{ architecture: 'amd64' }] } })
  t.same(seen.at(-1), { sent: amd64.length, total: amd64.length })
  t.match(await client.upload({
    name: NAME, version: '1.0', mode: 'merge', tarballs: [{ source: createReadStream(join(folder, 'b.tar')) }]
  }, { onProgress: ({ total }) => { t.equal(total, undefined) } }), { document: { images: [{}, { architecture: 'arm64' }] } })

  const { download, size } = await client.resolve(NAME, 'arm64')
  const whole = await client.download(download!)
  t.match(whole, { from: 0, size, tag: /^"[0-9a-f]{64}"$/ })
  t.ok((await buffer(whole.body)).equals(arm64))
  const rest = await client.download(download!, { from: 1000, ifRange: whole.tag })
  t.match(rest, { from: 1000, size })
  t.ok((await buffer(rest.body)).equals(arm64.subarray(1000)))
  const changed = await client.download(download!, { from: 1000, ifRange: '"other"' })
  t.equal(changed.from, 0)
  changed.cancel()
  await t.rejects(client.download(`${download!}x`), { status: 404, code: 'TARBALL_UNKNOWN' })
})

t.test('an upload that is refused while it is sent tells why', async t => {
  const client = await started(t)
  const file = join(await temporaryFolder(t), 'large')
  await writeFile(file, Buffer.alloc(64 * 2 ** 20, 'no image'))
  for (const source of [file, () => createReadStream(file)]) {
    const tarballs = [{ architecture: 'amd64', source: typeof source === 'string' ? source : source() }]
    await t.rejects(client.upload({ name: NAME, version: '1.0', tarballs }), { status: 422, code: /^IMAGE_/ })
  }
  await t.rejects(client.upload({ name: NAME, version: '1.0', tarballs: [{ source: `${file}.nosuch` }] }), { code: 'ENOENT' })
})
