import { createServer, type RequestListener } from 'node:http'
import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { EmbeddedDocumentIndex } from '../../src/adapters/embedded/document-index.js'
import { Deadline } from '../../src/deadline.js'
import { ABSENT } from '../../src/ports/document-index.js'
import { temporaryFolder } from '../app.js'
import { startService } from '../service.js'
import { complaints, findingsWith } from './examination.js'

async function listen (t: Test, listener: RequestListener): Promise<{ url: string, port: string }> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, port: String(port) }
}

t.test('a folder that is there is tried, and nothing is left in it', async t => {
  const folder = await temporaryFolder(t)
  await mkdir(join(folder, 'tarballs'))
  const findings = await findingsWith({ LEPORELLO_DATA_DIR: folder })
  t.same(findings.filter(({ state }) => state === 'wrong'), [])
  for (const check of ['configuration', 'listening', 'disk', 'memory', 'index', 'store', 'clock', 'public url']) {
    t.ok(findings.some(each => each.check === check && each.state === 'ok'), check)
  }
  t.ok(findings.some(({ message }) => /^embedded .* answers in/.test(message)))
  t.same((await readdir(join(folder, 'tarballs'))).filter(name => !name.startsWith('.')), [])
})

t.test('a folder that is not there is not made', async t => {
  const folder = join(await temporaryFolder(t), 'data')
  const findings = await findingsWith({ LEPORELLO_DATA_DIR: folder })
  t.match(findings.filter(({ check }) => check === 'index' || check === 'store').map(({ message }) => message), [/the service makes it/, /the service makes it/])
  await t.rejects(readdir(folder), { code: 'ENOENT' })
})

t.test('a folder that is not there and cannot be made is wrong, and so is one that cannot be looked for', async t => {
  const file = join(await temporaryFolder(t), 'file')
  await writeFile(file, '')
  for (const [folder, reason] of [['/proc/nope/data', 'no folder can be made in /proc \\(E'], [join(file, 'data'), 'ENOTDIR']] as const) {
    const ofBoth = await findingsWith({ LEPORELLO_DATA_DIR: folder })
    t.match(complaints(ofBoth, 'index'), [{ state: 'wrong', message: new RegExp(`the folder of the catalogue, .*, cannot be used: .*${reason}`) }], folder)
    const ofStore = await findingsWith({ LEPORELLO_DATA_DIR: await temporaryFolder(t), LEPORELLO_STORE: `file://${folder}` })
    t.match(complaints(ofStore, 'store'), [{ state: 'wrong', message: new RegExp(`the folder for tarballs, .*, cannot be used: .*${reason}`) }], folder)
    t.same(complaints(ofStore, 'index'), [])
  }
})

t.test('a store is tried also where the catalogue is not there yet, or damaged', async t => {
  const folder = await temporaryFolder(t)
  const store = { LEPORELLO_STORE: 's3://tarballs', LEPORELLO_S3_ENDPOINT: 'http://127.0.0.1:1', LEPORELLO_INDEX_TIMEOUT_MS: '1000', AWS_REGION: 'us-east-1' }
  const look = async (data: string) => complaints(await findingsWith({ ...store, LEPORELLO_DATA_DIR: data }), 'store')
  t.match(await look(join(folder, 'data')), [{ state: 'wrong', message: /the S3 store cannot serve/ }])
  await writeFile(join(folder, 'catalogue.lmdb'), 'no such thing')
  t.match(await look(folder), [{ state: 'wrong', message: /the S3 store cannot serve/ }])
})

t.test('what a check did not expect is one of its findings, and the others are made', async t => {
  const folder = await temporaryFolder(t)
  const index = await EmbeddedDocumentIndex.open({ folder })
  await index.put('meta', 'catalogue', '{', ABSENT, Deadline.in(60_000))
  await index.close()
  await mkdir(join(folder, 'tarballs'))
  const findings = await findingsWith({ LEPORELLO_DATA_DIR: folder })
  t.match(complaints(findings, 'store'), [{ state: 'wrong', message: /whose tarballs are there.*JSON/, mend: /catalogue/ }])
  t.ok(findings.some(({ check }) => check === 'public url'))
})

t.test('a variable that is misspelt is told with the one that is meant', async t => {
  const folder = await temporaryFolder(t)
  t.match(complaints(await findingsWith({ LEPORELLO_DATA_DIR: folder, LEPORELLO_HOTS: '::1' }), 'configuration'),
    [{ state: 'warning', message: /LEPORELLO_HOTS is not a variable/, mend: /set LEPORELLO_HOST instead/ }])
})

t.test('every variable that cannot be read is wrong, a line each, and nothing else is looked at', async t => {
  t.match(await findingsWith({ LEPORELLO_PORT: 'x', LEPORELLO_UPLOADS: '0' }),
    [{ state: 'wrong', message: /LEPORELLO_PORT must be/ }, { state: 'wrong', message: /LEPORELLO_UPLOADS must be/ }])
})

t.test('a service on the network without users is a warning, and so is one without TLS', async t => {
  const folder = await temporaryFolder(t)
  const open = { LEPORELLO_DATA_DIR: folder, LEPORELLO_HOST: '0.0.0.0' }
  t.match(complaints(await findingsWith(open), 'configuration'), [{ state: 'warning', message: /everybody who reaches it/ }])
  const users = join(folder, 'access.json')
  await writeFile(users, '{}')
  t.match(complaints(await findingsWith({ ...open, LEPORELLO_ACCESS: users }), 'configuration'), [{ state: 'warning', message: /without TLS/ }])
  t.match(complaints(await findingsWith(open), 'public url'), [{ state: 'wrong', message: /does not know its own address/ }])
})

t.test('access files: nobody who can sign in, others who can read them, and no file at all', async t => {
  const folder = await temporaryFolder(t)
  const file = join(folder, 'access.json')
  const look = async () => complaints(await findingsWith({ LEPORELLO_DATA_DIR: folder, LEPORELLO_ACCESS: file }), 'access')
  t.match(await look(), [{ state: 'wrong', message: /ENOENT/ }])
  await writeFile(file, '{"users": {"ann": {"role": "write"}}, "tokens": {"old": {"role": "read", "sha256": "' + 'a'.repeat(64) + '", "expires": "2020-01-01"}}}')
  await chmod(file, 0o644)
  t.match(await look(), [
    { state: 'warning', message: /everybody on this machine/, mend: /^chmod o= / },
    { state: 'wrong', message: /nobody can sign in/ },
    { state: 'warning', message: /ann is granted something and has no password/ }
  ])
})

t.test('the port that a Leporello has is well, and one that another program has is wrong', async t => {
  const folder = await temporaryFolder(t)
  const { url } = await startService(t, { LEPORELLO_DATA_DIR: folder })
  const { port } = new URL(url)
  const running = await findingsWith({ LEPORELLO_DATA_DIR: folder, LEPORELLO_PORT: port, LEPORELLO_PUBLIC_URL: url })
  t.match(running.filter(({ check }) => check === 'listening'), [{ state: 'ok', message: /the service runs on/ }])
  t.match(running.filter(({ check }) => check === 'public url'), [{ state: 'ok', message: /leads to a Leporello/ }])
  const other = await listen(t, (_request, response) => { response.end('{"status": "live, in a way"}') })
  const taken = await findingsWith({ LEPORELLO_DATA_DIR: folder, LEPORELLO_PORT: other.port, LEPORELLO_PUBLIC_URL: other.url })
  t.match(complaints(taken, 'listening'), [{ state: 'wrong', message: /another program/ }])
  t.match(complaints(taken, 'public url'), [{ state: 'wrong', message: /is no Leporello/ }])
  t.match(complaints(await findingsWith({ LEPORELLO_DATA_DIR: folder, LEPORELLO_HOST: '192.0.2.1' }), 'listening'), [{ state: 'wrong', message: /EADDRNOTAVAIL/ }])
  const metrics = await findingsWith({ LEPORELLO_DATA_DIR: folder, LEPORELLO_METRICS_PORT: other.port })
  t.match(complaints(metrics, 'listening'), [{ state: 'wrong', message: /the metrics cannot be on .* \(EADDRINUSE\)/ }])
  const closed = await findingsWith({ LEPORELLO_DATA_DIR: folder, LEPORELLO_PUBLIC_URL: 'http://127.0.0.1:1' })
  t.match(complaints(closed, 'public url'), [{ state: 'warning', message: /nothing answers/ }])
})

t.test('the port of the metrics is well where it is free, or has the metrics of the service that runs', async t => {
  const folder = await temporaryFolder(t)
  const service = await startService(t, { LEPORELLO_DATA_DIR: folder, LEPORELLO_METRICS_PORT: '0' })
  const { msg } = await service.logged(({ msg }) => /^metrics at /.test(String(msg)))
  const own = new URL(String(msg).slice('metrics at '.length)).port
  const { port } = new URL(service.url)
  const look = async (metrics: string, more = {}) => (await findingsWith({ LEPORELLO_DATA_DIR: folder, LEPORELLO_PORT: port, LEPORELLO_METRICS_PORT: metrics, ...more }))
    .filter(({ check }) => check === 'listening')
  t.match(await look(own), [{ state: 'ok' }, { state: 'ok', message: /its metrics are on/ }])
  t.match(await look('0'), [{ state: 'ok' }, { state: 'ok', message: /free for the metrics/ }])
  const other = await listen(t, (_request, response) => { response.end('up 1\n') })
  t.match(await look(other.port), [{ state: 'ok' }, { state: 'wrong', message: /the metrics cannot be on .* \(EADDRINUSE\)/ }])
  t.match(await look(own, { LEPORELLO_PORT: '0' }), [{ state: 'ok' }, { state: 'wrong' }], 'those of another service')
})

t.test('both ports are tried at once, as the service has them', async t => {
  const free = createServer().listen(0, '127.0.0.1')
  await once(free, 'listening')
  const port = String((free.address() as AddressInfo).port)
  free.close()
  await once(free, 'close')
  const env = { LEPORELLO_DATA_DIR: await temporaryFolder(t), LEPORELLO_HOST: '127.0.0.1', LEPORELLO_PORT: port, LEPORELLO_METRICS_HOST: '127.1', LEPORELLO_METRICS_PORT: port }
  t.match(complaints(await findingsWith(env), 'listening'), [{ state: 'wrong', message: /the metrics cannot be on 127\.1:\d+ \(EADDRINUSE\)/ }])
})

t.test('Mozart: one that answers, what is none, a Leporello, and nobody', async t => {
  const folder = await temporaryFolder(t)
  const look = async (url: string) => (await findingsWith({ LEPORELLO_DATA_DIR: folder, LEPORELLO_MOZART_URL: url })).filter(({ check }) => check === 'mozart')
  const mozart = await listen(t, ({ url }, response) => { response.writeHead(url === '/mozart/api/v0.1/swagger.json' ? 200 : 404).end('{}') })
  t.match(await look(`${mozart.url}/mozart`), [{ state: 'ok' }])
  t.match(await look(mozart.url), [{ state: 'warning', message: /answers 404/ }])
  t.match(await look('http://127.0.0.1:1'), [{ state: 'wrong', message: /does not answer/ }])
  const own = await startService(t, { LEPORELLO_DATA_DIR: folder })
  t.match(await look(own.url), [{ state: 'wrong', message: /in circles/ }])
})

t.test('an engine and a store that are down are wrong, and no password is shown', async t => {
  const findings = await findingsWith({
    LEPORELLO_INDEX_URL: 'http://ann:geheim@127.0.0.1:1',
    LEPORELLO_STORE: 's3://bucket/t/',
    LEPORELLO_S3_ENDPOINT: 'http://127.0.0.1:1',
    LEPORELLO_INDEX_TIMEOUT_MS: '1000',
    AWS_REGION: 'us-east-1'
  })
  t.match(complaints(findings, 'index'), [{ state: 'wrong', message: /cannot serve/ }])
  t.match(complaints(findings, 'store'), [{ state: 'wrong', message: /cannot serve/ }])
  t.notMatch(JSON.stringify(findings), /geheim/)
})

t.test('a catalogue that is damaged is wrong', async t => {
  const folder = await temporaryFolder(t)
  await writeFile(join(folder, 'catalogue.lmdb'), 'no such thing')
  t.match(complaints(await findingsWith({ LEPORELLO_DATA_DIR: folder }), 'index'), [{ state: 'wrong', message: /catalogue\.lmdb/ }])
})
