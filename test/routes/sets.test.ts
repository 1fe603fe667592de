import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { EmbeddedDocumentIndex } from '../../src/adapters/embedded/document-index.js'
import { form, temporaryFolder, testApp } from '../app.js'
import { putOf } from '../catalogue/gated-index.js'
import { abandoned, NAME, SetInstances } from '../catalogue/set-instances.js'
import { podmanArchive, sampleImage } from '../image/support/sample-image.js'
import { tar } from '../image/support/tar-writer.js'

const DIRECT = { name: NAME, version: '1', build: '7' }
const SET = { ...DIRECT, expect: 'x86_64,arm64' }
const X = { architecture: 'x86_64', url: 's3://b/x' }
const A = { architecture: 'aarch64', url: 's3://b/a' }

async function service (t: Test) {
  const app = await testApp(t)
  return {
    app,
    post: async (path: string, fields: Record<string, string>) =>
      await app.inject({ method: 'POST', url: `/api/v0.1/container/${path}`, ...form(fields) }),
    pending: async (query = '') => (await app.inject(`/api/v0.1/container/pending${query}`)).json(),
    info: async () => (await app.inject(`/container/info?id=${NAME}`)).json().result
  }
}

t.test('a merge that waits is 202 with what is waited for and no ETag, and the last one 200 with all of it', async t => {
  const { app, post, info } = await service(t)
  const first = await post('merge', { ...SET, ...X })
  t.equal(first.statusCode, 202)
  t.equal(first.headers.etag, undefined)
  t.match(first.json(), {
    success: true,
    message: `build 7 of ${NAME} waits for arm64`,
    result: {
      id: NAME, build: '7', version: '1', state: 'waiting', expect: ['amd64', 'arm64'], missing: ['arm64'], images: [{ architecture: 'amd64', url: 's3://b/x' }], since: /^\d{4}-/
    }
  })
  t.equal((await app.inject(`/container/info?id=${NAME}`)).statusCode, 404)
  const last = await post('merge', { ...SET, ...A })
  t.equal(last.statusCode, 200)
  t.match(last.json(), { success: true, message: `build 7 of ${NAME} is complete and registered`, result: { build: '7', url: 's3://b/x', images: undefined } })
  t.match(last.headers.etag, /^"[0-9a-f]{32}"$/)
  t.equal((await app.inject(`/container/info?id=${NAME}`)).headers.etag, last.headers.etag)
  t.same(last.json().result, await info())
})

t.test('build and expect are taken from a form, from the query and from JSON, and what is assumed is told while it waits', async t => {
  const { app, pending } = await service(t)
  const query = new URLSearchParams({ ...SET, build: 'query', ...X }).toString()
  const payload = { ...SET, build: 'json', expect: ['x86_64', 'armhf'], architecture: 'armhf', url: 's3://b/v7' }
  t.equal((await app.inject({ method: 'POST', url: `/container/merge?${query}` })).statusCode, 202)
  const json = await app.inject({ method: 'POST', url: '/container/merge', payload })
  t.equal(json.statusCode, 202)
  t.match(json.json().warnings, [{ code: 'ARCHITECTURE_ASSUMED' }])
  t.match((await pending()).result, [
    { build: 'query', expect: ['amd64', 'arm64'] }, { build: 'json', expect: ['amd64', 'arm/v7'], missing: ['amd64'] }
  ])
})

t.test('an image of a later build that is shown at once is told which images it replaced', async t => {
  const { post } = await service(t)
  await post('merge', { ...SET, ...X })
  t.equal((await post('merge', { ...SET, ...A })).json().warnings, undefined)
  const first = (await post('merge', { ...DIRECT, ...A, url: 's3://b/a8', build: '8' })).json()
  t.match(first.warnings, [{ code: 'ARCHITECTURES_DROPPED', message: /had amd64 as well/ }])
  t.equal(first.result.url, null)
  t.equal((await post('merge', { ...DIRECT, ...X, url: 's3://b/x8', build: '8' })).json().warnings, undefined)
})

t.test('what came too late, and another version, are 409 with the build that won', async t => {
  const { post, info } = await service(t)
  await post('merge', { ...DIRECT, ...X, build: '6' })
  await post('merge', { ...SET, ...X })
  await post('merge', { ...SET, ...A })
  const before = await info()
  const late = await post('merge', { ...DIRECT, ...A, build: '6' })
  t.equal(late.statusCode, 409)
  t.equal(late.headers['x-error-code'], 'SUPERSEDED')
  t.match(late.json(), { success: false, result: { code: 'SUPERSEDED', id: NAME, build: '6', winner: '7', version: '1' } })
  const mixed = await post('merge', { ...SET, ...A, version: '2' })
  t.equal(mixed.statusCode, 409)
  t.match(mixed.json(), { success: false, result: { code: 'VERSION_MISMATCH', id: NAME, build: '7', version: '1' } })
  t.same(await info(), before)
})

t.test('a build or an expect that cannot be meant is 400, and nothing waits', async t => {
  const { app, post, pending } = await service(t)
  const bad: Array<[Record<string, string>, object]> = [
    [{ build: 'b'.repeat(257) }, { code: 'PARAMETER_INVALID', parameter: 'build' }],
    [{ build: 'a\nb' }, { code: 'PARAMETER_INVALID', parameter: 'build' }],
    [{ expect: 'x86_64,' }, { code: 'PARAMETER_INVALID', parameter: 'expect' }],
    [{ expect: '[]' }, { code: 'PARAMETER_INVALID', parameter: 'expect' }],
    [{ expect: 'x86_64,vax' }, { code: 'ARCHITECTURE_UNKNOWN' }]
  ]
  for (const [fields, result] of bad) {
    const answer = await post('merge', { ...SET, ...X, ...fields })
    t.equal(answer.statusCode, 400, JSON.stringify(fields))
    t.match(answer.json(), { success: false, message: /./, result })
  }
  const number = await app.inject({ method: 'POST', url: '/container/merge', payload: { ...SET, ...X, build: 7 } })
  t.match(number.json(), { success: false, message: 'build must be a string, not a number', result: { parameter: 'build' } })
  t.same((await pending()).result, [])
})

t.test('pending lists what waits, of one container or of all, in the order of their ids', async t => {
  const { post, pending } = await service(t)
  t.same(await pending(), { success: true, message: '', result: [] })
  for (const name of ['b:1', 'a:1']) await post('merge', { ...SET, ...X, name })
  await post('merge', { ...SET, ...A, name: 'a:1', build: '8' })
  await post('merge', { name: 'c:1', version: '3', expect: SET.expect, ...X })
  t.match((await pending()).result.map(({ id, build, version, missing }: Record<string, unknown>) => [id, build, version, missing]), [
    ['a:1', '7', '1', ['arm64']], ['a:1', '8', '1', ['amd64']], ['b:1', '7', '1', ['arm64']], ['c:1', null, '3', ['arm64']]
  ])
  t.match((await pending('?id=b:1')).result, { length: 1, 0: { id: 'b:1', images: [{ architecture: 'amd64', url: 's3://b/x', by: 'anonymous', at: /^\d{4}-/ }] } })
  t.same((await pending('?id=nobody')).result, [])
  await post('merge', { ...SET, ...A, name: 'b:1' })
  t.same((await pending('?id=b:1')).result, [], 'it is shown')
})

t.test('abandon ends what waits, by build or by version; what does not is 404', async t => {
  const { post, pending } = await service(t)
  await post('merge', { ...SET, ...X })
  await post('merge', { name: NAME, version: '3', expect: SET.expect, ...X })
  t.equal((await post('abandon', { id: NAME, build: '8' })).statusCode, 404)
  t.equal((await post('abandon', { id: NAME, version: '7' })).statusCode, 404, 'a build is no version')
  const ended = await post('abandon', { id: NAME, build: '7' })
  t.equal(ended.statusCode, 200)
  t.match(ended.json(), { success: true, message: `build 7 of ${NAME} is abandoned`, result: { build: '7', missing: ['arm64'], images: [{ url: 's3://b/x' }] } })
  t.match((await post('abandon', { id: NAME, version: '3' })).json(), { message: `version 3 of ${NAME} is abandoned`, result: { build: null, version: '3' } })
  t.same((await pending()).result, [])
  const again = await post('abandon', { id: NAME, build: '7' })
  t.match([again.statusCode, again.json()], [404, { success: false, result: { code: 'SET_UNKNOWN', id: NAME } }])
  t.match((await post('merge', { ...SET, ...A })).json(), { result: { missing: ['amd64'] } }, 'what comes later begins anew')
})

t.test('abandon says what it needs', async t => {
  const { post } = await service(t)
  const bad: Array<[Record<string, string>, object]> = [
    [{ build: '7' }, { code: 'PARAMETER_MISSING', parameter: 'id' }],
    [{ id: NAME }, { code: 'PARAMETER_MISSING', parameter: 'build' }],
    [{ id: NAME, build: '7', version: '1' }, { code: 'PARAMETER_INVALID', parameter: 'version' }],
    [{ id: NAME, build: 'b'.repeat(257) }, { code: 'PARAMETER_INVALID', parameter: 'build' }]
  ]
  for (const [fields, result] of bad) {
    const answer = await post('abandon', fields)
    t.match([answer.statusCode, answer.json()], [400, { success: false, result }], JSON.stringify(fields))
  }
})

t.test('what is about to be shown can no longer be abandoned, and is pending', async t => {
  const index = await EmbeddedDocumentIndex.open({ folder: await temporaryFolder(t) })
  const app = await testApp(t, { backends: { index } })
  const dying = new SetInstances(index).instance({ requestTimeoutMs: 3000 })
  await dying.amd64('1')
  const died = dying.gates.die('before', putOf('container'))
  abandoned(dying.arm64('1'))
  await died
  t.match((await app.inject('/container/pending')).json().result, [{ build: '1', state: 'complete', missing: { length: 0 } }])
  const answer = await app.inject({ method: 'POST', url: '/container/abandon', ...form({ id: NAME, build: '1' }) })
  t.match([answer.statusCode, answer.json()], [409, { success: false, result: { code: 'SET_COMPLETE', id: NAME } }])
})

t.test('an add with a build brings an old build back, and one without leaves what waits', async t => {
  const { post, pending, info } = await service(t)
  const add = { name: NAME, version: '1', digest: 'd', url: 's3://b/added' }
  await post('merge', { ...DIRECT, ...X, build: '6' })
  await post('merge', { ...DIRECT, ...X, build: '7' })
  t.equal((await post('add', { ...add, build: '6' })).statusCode, 200)
  t.match(await info(), { build: '6', url: 's3://b/added' })
  t.equal((await post('merge', { ...DIRECT, ...A, build: '7' })).statusCode, 409)
  await post('merge', { ...SET, ...X, build: '8' })
  t.equal((await post('add', add)).statusCode, 200)
  t.notOk('build' in await info())
  t.match((await pending()).result, [{ build: '8' }])
  t.equal((await post('add', { ...add, build: 'a\nb' })).statusCode, 400)
  const expecting = await post('add', { ...add, expect: 'x86_64,arm64' })
  t.match([expecting.statusCode, expecting.headers['x-error-code'], expecting.json().message], [400, 'PARAMETER_INVALID', /waits for nothing/])
  await post('merge', { ...SET, ...A, build: '8' })
  t.match(await info(), { build: '8', url: 's3://b/x' })
})

const AMD64 = tarball('amd64')
const ARM64 = tarball('arm64')

t.test('uploads of a set wait with 202, by form and by PUT, and are shown together', async t => {
  const { send, put, stored, info } = await uploading(t)
  const first = await send({ ...SET }, { x86_64: AMD64 })
  t.equal(first.tag, null)
  t.match(first, { status: 202, body: { success: true, message: `build 7 of ${NAME} waits for arm64`, result: { state: 'waiting', missing: ['arm64'] } } })
  t.equal(await stored(), 1)
  t.equal((await info()).success, false)
  const last = await put({ ...SET }, ARM64)
  t.match(last, { status: 200, tag: /^"[0-9a-f]{32}"$/, body: { result: { build: '7', images: [{ architecture: 'amd64', verified: true }, { architecture: 'arm64', verified: true }] } } })
  t.equal(await stored(), 2)
  t.match(await put({ ...SET, build: '8' }, ARM64), { status: 202, tag: null, body: { result: { missing: ['amd64'] } } })
  t.match(await put({ ...DIRECT, build: '9' }, ARM64), { status: 200, body: { result: { build: '9' } } }, 'without expect it is shown at once')
  t.match(await put({ ...DIRECT, build: '7' }, AMD64), { status: 409, body: { result: { code: 'SUPERSEDED', winner: '9' } } })
  t.equal(await stored(), 4, 'what was refused is not kept')
})

t.test('the same image that is uploaded again to a waiting set is not kept twice, another one is', async t => {
  const { put, stored } = await uploading(t)
  const first = await put({ ...SET }, AMD64)
  const again = await put({ ...SET }, AMD64)
  t.match(again, { status: 202, body: { result: { images: first.body.result['images'] as object } } })
  t.equal(await stored(), 1)
  t.equal((await put({ ...SET }, tarball('amd64', 'another'))).status, 202)
  t.equal(await stored(), 2, 'the one it replaced is the sweep\'s')
})

t.test('mode=replace takes a build, as an add does, and nothing to expect', async t => {
  const { put, send, stored } = await uploading(t)
  for (const answer of [await put({ ...SET, mode: 'replace' }, AMD64), await send({ ...SET, mode: 'replace' }, { x86_64: AMD64 })]) {
    t.match(answer, { status: 400, body: { success: false, result: { code: 'PARAMETER_INVALID', parameter: 'expect' } } })
  }
  t.equal(await stored(), 0)
  await put({ ...DIRECT, build: '6' }, ARM64)
  await put({ ...DIRECT, build: '7' }, ARM64)
  const replaced = await put({ ...DIRECT, build: '6', mode: 'replace' }, AMD64)
  t.match(replaced, { status: 200, body: { result: { build: '6', images: { length: 1, 0: { architecture: 'amd64' } } } } })
  t.match(await put({ ...DIRECT }, AMD64), { status: 409, body: { result: { winner: '6' } } })
  t.match(await put({ ...DIRECT, build: '6' }, ARM64), { status: 200, body: { result: { images: { length: 2 } } } }, 'absent, the mode is merge')
})

interface Answer {
  readonly success: boolean
  readonly result: Record<string, unknown>
}

/** A listening service, and what a client does with it. */
async function uploading (t: Test) {
  const folder = await temporaryFolder(t)
  const app = await testApp(t, { env: { LEPORELLO_STORE: `file://${folder}` } })
  const url = `${await app.listen({ host: '127.0.0.1', port: 0 })}/container/upload`
  const answer = async (response: Response) =>
    ({ status: response.status, tag: response.headers.get('etag'), body: await response.json() as Answer })
  return {
    async send (fields: Record<string, string>, files: Record<string, Buffer>) {
      const body = new FormData()
      for (const [name, value] of Object.entries(fields)) body.set(name, value)
      for (const [name, bytes] of Object.entries(files)) body.append(name, new Blob([bytes]), `${name}.tar.gz`)
      return await answer(await fetch(url, { method: 'POST', body }))
    },
    put: async (fields: Record<string, string>, body: Buffer) =>
      await answer(await fetch(`${url}?${new URLSearchParams(fields)}`, { method: 'PUT', body })),
    stored: async () => (await readdir(folder, { recursive: true })).filter(file => file.endsWith('.tar.gz') && file.startsWith(join('containers'))).length,
    info: async () => (await app.inject(`/container/info?id=${NAME}`)).json() as Answer
  }
}

/** An image of that architecture; with another comment it is another image. */
function tarball (architecture: string, comment = ''): Buffer {
  return gzipSync(tar(podmanArchive(sampleImage({ architecture, ...comment && { config: { comment } } }), NAME)))
}
