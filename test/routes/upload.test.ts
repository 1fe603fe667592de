import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { podmanArchive, sampleImage } from '../image/support/sample-image.js'
import { tar } from '../image/support/tar-writer.js'
import { form, temporaryFolder, testApp, type TestAppOptions } from '../app.js'

const NAME = 'container-sample:1.0'
const AMD64 = tarball('amd64')
const ARM64 = tarball('arm64')
const FIELDS = { name: NAME, version: '1.0' }

interface Answer {
  readonly success: boolean
  readonly message: string
  readonly result: Record<string, unknown> & { readonly code?: string, readonly digest?: string, readonly urls?: string, readonly url?: string }
  readonly warnings?: ReadonlyArray<{ readonly code: string }>
}

t.test('tarballs of two architectures are registered together, under any spelling and on every base', async t => {
  const { send } = await started(t)
  for (const base of ['/api/v0.1', '/api/v0.2', '']) {
    const { status, body } = await send(FIELDS, { 'linux/amd64': AMD64, aarch64: ARM64 }, base)
    t.equal(status, 200)
    t.match(body.result, { id: NAME, version: '1.0', images: [{ architecture: 'amd64', verified: true, size: AMD64.length }, { architecture: 'arm64' }] })
    t.same(Object.keys(JSON.parse(body.result.urls!)), ['x86_64', 'amd64', 'arm64', 'aarch64'])
    t.equal(body.result.url, JSON.parse(body.result.urls!).x86_64)
    t.equal(body.result.digest, (body.result['images'] as Array<{ image_id: string }>)[0]!.image_id)
  }
})

t.test('what is wrong with a form is said, and nothing is registered', async t => {
  const { send, list } = await started(t)
  const cases: ReadonlyArray<[string, number, string, Record<string, string>, Record<string, Buffer>]> = [
    ['no version', 400, 'PARAMETER_MISSING', { name: NAME }, { amd64: AMD64 }],
    ['no file', 400, 'PARAMETER_MISSING', FIELDS, {}],
    ['an unknown architecture', 400, 'ARCHITECTURE_UNKNOWN', FIELDS, { vax: AMD64 }],
    ['two files for one architecture', 400, 'ARCHITECTURE_DUPLICATE', FIELDS, { amd64: AMD64, x86_64: AMD64 }],
    ['a file that turns out to be for the same', 400, 'ARCHITECTURE_DUPLICATE', FIELDS, { amd64: AMD64, tarball: AMD64 }],
    ['another architecture', 422, 'IMAGE_ARCHITECTURE_MISMATCH', FIELDS, { amd64: ARM64 }],
    ['one good and one bad', 422, 'IMAGE_TRUNCATED', FIELDS, { amd64: AMD64, arm64: ARM64.subarray(0, 300) }],
    ['another name', 422, 'IMAGE_NAME_MISMATCH', { ...FIELDS, name: 'container-other:1.0' }, { amd64: AMD64 }],
    ['another image\'s digest', 422, 'IMAGE_DIGEST_MISMATCH', { ...FIELDS, digest: 'a'.repeat(64) }, { amd64: AMD64 }],
    ['no digest at all', 400, 'PARAMETER_INVALID', { ...FIELDS, digest: 'latest' }, { amd64: AMD64 }],
    ['lenient where it is not allowed', 403, 'LENIENT_FORBIDDEN', { ...FIELDS, verify: 'lenient' }, { amd64: AMD64 }],
    ['an unknown mode', 400, 'PARAMETER_INVALID', { ...FIELDS, mode: 'append' }, { amd64: AMD64 }]
  ]
  for (const [what, status, code, fields, files] of cases) {
    const answer = await send(fields, files)
    t.match(answer, { status, body: { success: false, message: /\w/, result: { code } } }, what)
  }
  t.same(await list(), [])
})

t.test('a digest is one of any of the images, in its usual forms', async t => {
  const { send } = await started(t)
  const { body } = await send(FIELDS, { amd64: AMD64, arm64: ARM64 })
  const [, { image_id: id }] = body.result['images'] as [unknown, { image_id: string }]
  for (const digest of [id, id.slice('sha256:'.length).toUpperCase(), `${NAME}@${id}`]) {
    t.match(await send({ ...FIELDS, digest }, { amd64: AMD64, arm64: ARM64 }), { status: 200, body: { result: { digest } } })
  }
})

t.test('lenient verification lets a wrong name pass, and says so', async t => {
  const { send } = await started(t, { env: { LEPORELLO_ALLOW_LENIENT: '1' } })
  const { status, body } = await send({ name: 'container-other:1.0', version: '1', verify: 'lenient' }, { tarball: AMD64 })
  t.equal(status, 200)
  t.match(body, { result: { images: [{ verified: false }] }, warnings: [{ code: 'NAME_MISMATCH' }] })
})

t.test('one tarball at a time replaces the others, or joins them when it is told to', async t => {
  const { put } = await started(t)
  await put('', AMD64)
  const replaced = await put('&architecture=arm64', ARM64)
  t.match(replaced.body, { result: { url: null }, warnings: [{ code: 'ARCHITECTURES_DROPPED', message: /mode=merge/ }] })
  const merged = await put('&mode=merge', AMD64)
  t.match(merged.body.result, { images: [{ architecture: 'amd64' }, { architecture: 'arm64' }] })
  t.equal(merged.body.warnings, undefined)
  const again = await put('&mode=merge', AMD64)
  t.equal(again.body.result.urls, merged.body.result.urls, 'the same image stays where it is')
  t.match(await put('&mode=merge', AMD64, { 'if-match': '"other"' }), { status: 412, body: { result: { code: 'PRECONDITION_FAILED' } } })
  t.match(await put('', AMD64, { 'if-match': again.tag }), { status: 200 })
})

t.test('two uploads of one name with mode=merge at the same moment: both architectures are there, ten times', async t => {
  const { app, put, send } = await started(t)
  for (let round = 0; round < 10; round++) {
    const answers = await Promise.all([put('&mode=merge', AMD64), send({ ...FIELDS, mode: 'merge' }, { aarch64: ARM64 })])
    t.same(answers.map(({ status }) => status), [200, 200])
    for (const [machine, file] of [['x86_64', AMD64], ['aarch64', ARM64]] as const) {
      const { result } = (await app.inject(`/container/resolve?id=${NAME}&arch=${machine}`)).json()
      t.equal(result.size, file.length, machine)
      t.ok((await app.inject(new URL(result.download).pathname)).rawPayload.equals(file), machine)
    }
    const missing = (await app.inject(`/container/resolve?id=${NAME}&arch=s390x`)).json()
    t.match(missing, { message: `${NAME} has no image for s390x; it has amd64, arm64`, result: { available: ['amd64', 'arm64'] } })
    await app.inject(`/container/remove?id=${NAME}`)
  }
})

t.test('If-Match and If-None-Match hold for the form as well, and what is refused leaves no tarball', async t => {
  const folder = await temporaryFolder(t)
  const { url, put, send } = await started(t, { env: { LEPORELLO_STORE: `file://${folder}` } })
  const stored = async () => (await readdir(join(folder, 'containers'), { recursive: true })).filter(file => file.endsWith('.tar.gz')).length
  const { tag } = await send(FIELDS, { amd64: AMD64 })
  const body = () => {
    const form = new FormData()
    for (const [name, value] of Object.entries({ ...FIELDS, mode: 'merge' })) form.set(name, value)
    form.append('arm64', new Blob([ARM64]), 'arm64.tar.gz')
    return form
  }
  for (const headers of [{ 'if-match': '"other"' }, { 'if-none-match': '*' }] as Array<Record<string, string>>) {
    const answer = await fetch(`${url}/container/upload`, { method: 'POST', body: body(), headers })
    t.match([answer.status, await answer.json()], [412, { result: { code: 'PRECONDITION_FAILED', etag: tag } }])
    t.equal((await put('&mode=merge', ARM64, headers)).status, 412)
  }
  t.equal(await stored(), 1)
  t.equal((await fetch(`${url}/container/upload`, { method: 'POST', body: body(), headers: { 'if-match': tag } })).status, 200)
  t.equal(await stored(), 2)
})

t.test('an uploaded tarball is downloaded whole, by range, or not again', async t => {
  const { put, url } = await started(t)
  const { body } = await put('', AMD64)
  const address = url + new URL(body.result.url!).pathname
  const get = (headers: Record<string, string> = {}, method = 'GET') => fetch(address, { method, headers })
  const whole = await get()
  t.ok(Buffer.from(await whole.arrayBuffer()).equals(AMD64))
  t.match(Object.fromEntries(whole.headers), { 'content-type': 'application/gzip', 'accept-ranges': 'bytes', 'repr-digest': /^sha-256=:.+:$/ })
  const tag = whole.headers.get('etag')!

  const part = await get({ range: 'bytes=5-9' })
  t.match([part.status, part.headers.get('content-range')], [206, `bytes 5-9/${AMD64.length}`])
  t.ok(Buffer.from(await part.arrayBuffer()).equals(AMD64.subarray(5, 10)))
  t.ok(Buffer.from(await (await get({ range: 'bytes=-3' })).arrayBuffer()).equals(AMD64.subarray(-3)))
  const beyond = await get({ range: `bytes=${AMD64.length}-` })
  t.match([beyond.status, beyond.headers.get('content-range')], [416, `bytes */${AMD64.length}`])
  t.equal((await get({ range: 'bytes=5-9', 'if-range': '"other"' })).status, 200)
  t.equal((await get({ 'if-none-match': tag })).status, 304)
  for (const headers of [{}, { range: 'bytes=5-9' }, { range: `bytes=${AMD64.length}-` }] as Array<Record<string, string>>) {
    const head = await get(headers, 'HEAD')
    t.match([head.status, head.headers.get('content-length'), await head.text()], [200, String(AMD64.length), ''])
  }

  for (const other of [`${address}.osaka.locked.json`, `${address}.facts.json`, address.replace(/[^/]+$/, '.leporello')]) {
    const answer = await fetch(other)
    t.match([answer.status, await answer.json()], [404, { result: { code: 'TARBALL_UNKNOWN' } }], other)
  }
})

t.test('resolve names the download of what was uploaded, and an add may name it again', async t => {
  const { app, put } = await started(t)
  const { body } = await put('', AMD64)
  const resolved = (await app.inject(`/container/resolve?id=${NAME}&arch=x86_64`)).json()
  t.match(resolved.result, { url: body.result.url, download: body.result.url, architecture: 'amd64' })
  const add = { ...FIELDS, name: 'container-copy:1.0', digest: 'd', url: body.result.url! }
  t.equal((await app.inject({ method: 'POST', url: '/container/add', ...form(add) })).statusCode, 200)
})

t.test('what is no form, or more than there may be at once or in a file, is refused', async t => {
  const { app, put, url } = await started(t, { env: { LEPORELLO_UPLOAD_MAX_BYTES: '100' } })
  t.match((await app.inject({ method: 'POST', url: '/container/upload', ...form(FIELDS) })).json(), { result: { code: 'BODY_NOT_UNDERSTOOD' } })
  t.match(await put('', AMD64), { status: 413, body: { result: { code: 'TOO_LARGE' } } })
  const chunked = await fetch(`${url}/container/upload?name=${NAME}&version=1`, {
    method: 'PUT', body: new Blob([AMD64]).stream(), duplex: 'half'
  } as RequestInit)
  t.match([chunked.status, await chunked.json()], [413, { result: { code: 'IMAGE_LIMIT_EXCEEDED' } }])
})

/** A listening service, and what a client does with it. */
async function started (t: Test, options: TestAppOptions = {}) {
  const app = await testApp(t, options)
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const answer = async (response: Response) => ({
    status: response.status, tag: response.headers.get('etag') ?? '', body: await response.json() as Answer
  })
  return {
    app,
    url,
    async send (fields: Record<string, string>, files: Record<string, Buffer>, base = '') {
      const body = new FormData()
      for (const [name, value] of Object.entries(fields)) body.set(name, value)
      for (const [name, bytes] of Object.entries(files)) body.append(name, new Blob([bytes]), `${name}.tar.gz`)
      return await answer(await fetch(`${url}${base}/container/upload`, { method: 'POST', body }))
    },
    async put (query: string, body: Buffer, headers: Record<string, string> = {}) {
      return await answer(await fetch(`${url}/container/upload?name=${NAME}&version=1.0${query}`, { method: 'PUT', body, headers }))
    },
    async list () {
      return (await app.inject('/container/list')).json().result as string[]
    }
  }
}

function tarball (architecture: string): Buffer {
  return gzipSync(tar(podmanArchive(sampleImage({ architecture }), NAME)))
}
