import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import type { RequestListener } from 'node:http'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { buffer, text } from 'node:stream/consumers'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { LeporelloClient, type ClientOptions } from '../../src/client/index.js'
import { temporaryFolder } from '../app.js'
import { startService } from '../service.js'
import { answering, oneAfterAnother, refusing, startServer } from './servers.js'

const EMPTY = answering(200, { success: true, message: '', result: [] })
const SOON = { 'retry-after': '0' }
const NEW = { name: 'c', version: '1', urls: { amd64: 's3://b/x' } }

function clientOf (t: Test, url: string, options: Partial<ClientOptions> = {}): LeporelloClient {
  const client = new LeporelloClient({ url, ...options })
  t.teardown(() => client.close())
  return client
}

t.test('what asks to wait is asked again, and the caller may tell of it', async t => {
  const server = oneAfterAnother(refusing(503, 'INDEX_UNAVAILABLE', SOON), EMPTY)
  const retried: string[] = []
  const client = clientOf(t, await startServer(t, server), { onRetry: error => { retried.push(error.message) } })
  t.same(await client.list(), [])
  t.same(retried, ['refused: INDEX_UNAVAILABLE'])
})

t.test('a change that was refused for a limit is asked for again, and one with wrong credentials is not', async t => {
  const refusals: Array<[status: number, code: string, tries: number]> = [
    [429, 'RATE_LIMITED', 2], [503, 'OVERLOADED', 2], [429, 'TOO_MANY_UPLOADS', 2], [429, 'TOO_MANY_FAILURES', 1]
  ]
  for (const [status, code, tries] of refusals) {
    const server = oneAfterAnother(refusing(status, code, SOON), answering(200, { success: true, message: '', result: {} }))
    const removing = clientOf(t, await startServer(t, server)).remove('c')
    if (tries === 1) await t.rejects(removing, { code }, code)
    else await t.resolves(removing, code)
    t.equal(server.count(), tries, code)
  }
})

t.test('whoever says at once is asked at once, and when he refuses again no more so', async t => {
  const waits: Array<[retryAfter: string, delays: number[]]> = [
    ['0', [0, 500]], ['0.001', [1, 500]], ['-5', [250, 500]], ['', [250, 500]], ['NaN', [250, 500]], ['soon', [250, 500]], ['1e400', [250, 500]],
    ['Fri, 31 Dec 1999 23:59:59 GMT', [0, 500]]
  ]
  await Promise.all(waits.map(async ([retryAfter, expected]) => {
    const delays: number[] = []
    const url = await startServer(t, refusing(503, 'INDEX_UNAVAILABLE', { 'retry-after': retryAfter }))
    await t.rejects(clientOf(t, url, { retries: 2, onRetry: (_error, delayMs) => { delays.push(delayMs) } }).list(), { code: 'INDEX_UNAVAILABLE' })
    t.same(delays, expected, retryAfter)
  }))
  const date = new Date(Date.now() + 20_000).toUTCString()
  const error = await clientOf(t, await startServer(t, refusing(503, 'INDEX_UNAVAILABLE', { 'retry-after': date })), { retries: 0 }).list().catch(error => error)
  t.ok(error.retryAfterSeconds > 0 && error.retryAfterSeconds <= 20, 'a date is understood')
})

t.test('who asks to wait for ever is believed in the end', async t => {
  const server = oneAfterAnother(refusing(503, 'INDEX_UNAVAILABLE', SOON))
  await t.rejects(clientOf(t, await startServer(t, server), { retries: 2 }).list(), { status: 503, code: 'INDEX_UNAVAILABLE' })
  t.equal(server.count(), 3)
})

t.test('a change whose outcome is unknown is repeated where a repeat does no harm only', async t => {
  const cases: Array<[what: string, code: string, tries: number, change: (client: LeporelloClient) => Promise<unknown>]> = [
    ['merge', 'OUTCOME_UNKNOWN', 2, client => client.merge(NEW)],
    ['register', 'OUTCOME_UNKNOWN', 2, client => client.register({ ...NEW, digest: 'd' })],
    ['conditional merge', 'OUTCOME_UNKNOWN', 1, client => client.merge(NEW, { ifMatch: '"a"' })],
    ['conditional merge', 'NOT_APPLIED', 2, client => client.merge(NEW, { ifMatch: '"a"' })],
    ['remove', 'OUTCOME_UNKNOWN', 1, client => client.remove('c')],
    ['remove', 'NOT_APPLIED', 2, client => client.remove('c')],
    ['detach', 'OUTCOME_UNKNOWN', 1, client => client.detach('c', 'amd64')],
    ['merge', 'PUBLIC_URL_MISSING', 1, client => client.merge(NEW)]
  ]
  for (const [what, code, tries, change] of cases) {
    const server = oneAfterAnother(refusing(503, code, SOON), answering(200, { success: true, message: '', result: {} }))
    const client = clientOf(t, await startServer(t, server))
    if (tries === 1) await t.rejects(change(client), { code }, `${what} ${code}`)
    else await t.resolves(change(client), `${what} ${code}`)
    t.equal(server.count(), tries, `${what} ${code}`)
  }
})

t.test('an upload is repeated from its files, and never from a stream, of which a part is gone', async t => {
  const file = join(await temporaryFolder(t), 'image.tar')
  await writeFile(file, 'bytes')
  const bodies: string[] = []
  const busy = () => oneAfterAnother(refusing(503, 'UPLOADS_BUSY', SOON), async (request, response) => {
    bodies.push(await text(request))
    answering(200, { success: true, message: '', result: { id: 'c' } })(request, response)
  })
  const upload = async (server: ReturnType<typeof busy>, source: string | Readable) =>
    await clientOf(t, await startServer(t, server)).upload({ name: 'c', version: '1', tarballs: [{ source }] })
  t.match(await upload(busy(), file), { state: 'registered', document: { id: 'c' } })
  t.equal(bodies.length, 1)
  t.match(bodies[0], /name="tarball"; filename="image\.tar"\r\n[^]*\r\n\r\nbytes\r\n--/, 'whole')
  const server = busy()
  await t.rejects(upload(server, createReadStream(file)), { code: 'UPLOADS_BUSY' })
  t.equal(server.count(), 1)
  const pipe = `${file}.pipe`
  await promisify(execFile)('mkfifo', [pipe])
  const writer = spawn('sh', ['-c', 'cat "$0" > "$1"', file, pipe], { stdio: 'ignore' })
  t.teardown(() => writer.kill('SIGKILL'))
  const other = busy()
  await t.rejects(upload(other, pipe), { code: 'UPLOADS_BUSY' })
  t.equal(other.count(), 1, 'nor from a pipe that has a name')
})

t.test('a patience of years is none of a millisecond', async t => {
  const file = join(await temporaryFolder(t), 'image.tar')
  await writeFile(file, 'bytes')
  const url = await startServer(t, answering(200, { success: true, message: '', result: { id: 'c' } }))
  const client = clientOf(t, url, { timeoutMs: 1e12, retries: 0 })
  t.match(await client.upload({ name: 'c', version: '1', tarballs: [{ source: file }] }), { state: 'registered' })
})

t.test('a connection that is cut is no answer, and reads are repeated', async t => {
  const cutting = oneAfterAnother((_request, response) => { response.destroy() }, EMPTY)
  t.same(await clientOf(t, await startServer(t, cutting)).list(), [])
  const always = oneAfterAnother((_request, response) => { response.destroy() })
  const client = clientOf(t, await startServer(t, always), { retries: 0 })
  await t.rejects(client.list(), { name: 'UnreachableError', code: 'UNREACHABLE', message: /cut the connection/ })
  await t.rejects(client.remove('c'), { name: 'UnreachableError' })
  t.equal(always.count(), 2)
  const half = await startServer(t, (_request, response) => {
    response.writeHead(200, { 'content-length': '100' }).write('{', () => { response.destroy() })
  })
  const reading = clientOf(t, half, { retries: 0 })
  await t.rejects(reading.list(), { name: 'UnreachableError' })
  const { body } = await reading.download(half)
  await t.rejects(buffer(body), { name: 'UnreachableError', message: /cut the connection/ })
})

t.test('a server that stalls is given up', async t => {
  const silent = await startServer(t, request => { request.resume() })
  await t.rejects(clientOf(t, silent, { retries: 0, timeoutMs: 200 }).list(), { name: 'UnreachableError', message: /did not answer in time/ })
  const stalling = await startServer(t, (_request, response) => { response.writeHead(200).write('{') })
  await t.rejects(clientOf(t, stalling, { retries: 0, timeoutMs: 200 }).list(), { name: 'UnreachableError', message: /in the middle/ })
  const file = join(await temporaryFolder(t), 'image.tar')
  await writeFile(file, Buffer.alloc(16 * 2 ** 20))
  const deaf = await startServer(t, () => {})
  const tarballs = [{ source: file }]
  await t.rejects(clientOf(t, deaf, { retries: 0, timeoutMs: 50 }).upload({ name: 'c', version: '1', tarballs }),
    { name: 'UnreachableError', message: /let nothing move/ })
})

t.test('nobody at the address is told in a sentence', async t => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => { server.close(resolve) })
  const error = await clientOf(t, `http://user:SECRET@127.0.0.1:${port}`, { retries: 0 }).list().catch(error => error as Error)
  t.match(error, { name: 'UnreachableError', url: `http://127.0.0.1:${port}/container/list`, message: /refuses connections/ })
  t.notMatch(JSON.stringify(error) + String((error as Error).stack), /SECRET/)
})

t.test('redirects are followed where they repeat the request, and credentials stay with their host', async t => {
  const seen: Array<string | undefined> = []
  const target = await startServer(t, (request, response) => {
    seen.push(`${request.method} ${request.headers.authorization}`)
    request.resume()
    EMPTY(request, response)
  })
  const redirecting = (status: number) => startServer(t, (request, response) => {
    request.resume()
    response.writeHead(status, { location: `${target}${request.url}` }).end()
  })
  const withUser = (url: string) => url.replace('://', '://user:secret@')
  t.same(await clientOf(t, withUser(await redirecting(302))).list(), [])
  await clientOf(t, await redirecting(307)).merge(NEW)
  t.same(seen, ['GET undefined', 'POST undefined'])
  await t.rejects(clientOf(t, await redirecting(302)).merge(NEW), { status: 302, code: 'REDIRECTED', details: { location: `${target}/container/merge` } })
  const loop: string = await startServer(t, (_request, response) => { response.writeHead(302, { location: '/' }).end() })
  await t.rejects(clientOf(t, loop).list(), { code: 'REDIRECTED', message: /too often/ })
  t.equal(seen.length, 2, 'nothing that changes something arrived elsewhere')
})

t.test('credentials come from the url, or else from a netrc file', async t => {
  const seen: Array<string | undefined> = []
  const url = await startServer(t, (request, response) => {
    seen.push(request.headers.authorization)
    EMPTY(request, response)
  })
  const netrc = join(await temporaryFolder(t), 'netrc')
  await writeFile(netrc, 'machine 127.0.0.1 login me password mine')
  await clientOf(t, url.replace('://', '://a%40b:c%2Fd@'), { netrc }).list()
  await clientOf(t, url, { netrc }).list()
  await clientOf(t, url, { netrc: '/dev/null' }).list()
  t.same(seen, [`Basic ${btoa('a@b:c/d')}`, `Basic ${btoa('me:mine')}`, undefined])
  await t.rejects(clientOf(t, url, { netrc: `${netrc}.nosuch` }).list(), { code: 'ENOENT' })
})

t.test('credentials of odd forms are sent as they stand', async t => {
  const seen: Array<string | undefined> = []
  const listener: RequestListener = (request, response) => {
    seen.push(request.headers.authorization)
    EMPTY(request, response)
  }
  const url = await startServer(t, listener)
  await clientOf(t, url.replace('://', '://me:100%@')).list()
  await clientOf(t, url.replace('://', '://:a-token@')).list()
  t.same(seen.splice(0), [`Basic ${btoa('me:100%')}`, `Basic ${btoa(':a-token')}`])
})

t.test('credentials go with a redirect within their host', async t => {
  const seen: Array<string | undefined> = []
  const url = await startServer(t, (request, response) => {
    seen.push(request.headers.authorization)
    if (request.url!.startsWith('/new/')) EMPTY(request, response)
    else response.writeHead(307, { location: `/new${request.url}` }).end()
  })
  await clientOf(t, url.replace('://', '://me:mine@')).list()
  t.same(seen, Array(2).fill(`Basic ${btoa('me:mine')}`))
})

t.test('what is not Leporello is told apart', async t => {
  const page = await startServer(t, (_request, response) => { response.end('<html>') })
  await t.rejects(clientOf(t, page).list(), { status: 200, code: undefined, message: /is this its address/ })
  const other = await startServer(t, (_request, response) => { response.writeHead(404).end('nothing here') })
  await t.rejects(clientOf(t, other).list(), { status: 404, code: undefined, message: /is this Leporello's address/ })
  for (const body of [{ message: 'hello' }, { success: false, message: 'id must be supplied', result: null }, { success: true, message: '', result: null }]) {
    const client = clientOf(t, await startServer(t, answering(200, body)))
    await t.rejects(client.list(), { name: 'ApiError', status: 200, message: /not as Leporello does/ }, body.message)
    await t.rejects(client.info('c'), { name: 'ApiError', status: 200 }, body.message)
  }
  const warning = await startServer(t, answering(200, { success: true, message: '', result: 'c', warnings: 'none' }, { warning: '299 - "a \\q \\"b\\""' }))
  t.match(await clientOf(t, warning).register({ name: 'c', version: '1', digest: 'd' }), { warnings: [{ message: 'a q "b"' }] })
  const file = await startServer(t, (_request, response) => { response.writeHead(302, { location: 'ftp://127.0.0.1/x' }).end() })
  await t.rejects(clientOf(t, file).list(), { status: 302, message: /not as Leporello does/ })
  const closed = await startServer(t, (_request, response) => { response.writeHead(401).end() })
  await t.rejects(clientOf(t, closed).list(), { status: 401, message: /user and a password/ })
})

t.test('a certificate has to be trusted, by its authority or by wish', async t => {
  const folder = await temporaryFolder(t)
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  await promisify(execFile)('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1',
    '-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', cert])
  const { url } = await startService(t, { LEPORELLO_DATA_DIR: folder, LEPORELLO_TLS_CERT: cert, LEPORELLO_TLS_KEY: key })
  await t.rejects(clientOf(t, url).list(), { name: 'UnreachableError', message: /certificate that is not trusted/ })
  t.same(await clientOf(t, url, { insecure: true }).list(), [])
  t.same(await clientOf(t, url, { ca: await readFile(cert, 'utf8') }).list(), [])
  await t.rejects(clientOf(t, url.replace('https', 'http'), { retries: 0 }).list(), { name: 'UnreachableError' })
})
