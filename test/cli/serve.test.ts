import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { get, Agent } from 'node:https'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'
import t from 'tap'
import { VARIABLES } from '../../src/config.js'
import { CONTAINER, temporaryFolder } from '../app.js'
import { runLeporello as run, startService } from '../service.js'

const form = (fields: Record<string, string>) => ({ method: 'POST', body: new URLSearchParams(fields) })

t.test('--help lists every variable with its default', async t => {
  const { stdout, code } = await run(['serve', '--help'])
  t.equal(code, 0)
  for (const [name, { fallback }] of Object.entries<{ help: string, fallback?: string }>(VARIABLES)) {
    t.ok(stdout.includes(`  ${name}${fallback === undefined ? '' : `=${fallback}`}\n`), name)
  }
  for (const line of stdout.split('\n')) t.ok(line.length <= 82, line)
})

t.test('wrong configuration names everything that is wrong and exits with 2', async t => {
  const { stderr, code } = await run(['serve'], { LEPORELLO_PORT: 'http', LEPORELLO_LOG_LEVEL: 'loud' })
  t.equal(code, 2)
  t.match(stderr, /^leporello: LEPORELLO_PORT must be .*"http"$/m)
  t.match(stderr, /^leporello: LEPORELLO_LOG_LEVEL must be .*"loud"$/m)
})

t.test('what cannot be used is explained in a line, without a stack', async t => {
  const folder = await temporaryFolder(t)
  const file = join(folder, 'file')
  await writeFile(file, '')
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  t.teardown(() => taken.close())
  const { port } = taken.address() as { port: number }
  const cases: Array<[env: Record<string, string>, code: number, message: RegExp]> = [
    [{ LEPORELLO_DATA_DIR: file }, 1, new RegExp(file)],
    [{ LEPORELLO_DATA_DIR: join(folder, 'a'), LEPORELLO_PORT: String(port) }, 1, new RegExp(`in use.*${port}`)],
    [{ LEPORELLO_TLS_CERT: file, LEPORELLO_TLS_KEY: file }, 2, /LEPORELLO_TLS_CERT .* no PEM files/],
    [{ LEPORELLO_TLS_CERT: '/nosuch.pem', LEPORELLO_TLS_KEY: '/nosuch.key' }, 2, /LEPORELLO_TLS_CERT names \/nosuch.pem/]
  ]
  for (const [env, expected, message] of cases) {
    const { stderr, code } = await run(['serve'], { LEPORELLO_PORT: '0', LEPORELLO_DATA_DIR: join(folder, 'b'), ...env })
    t.equal(code, expected, stderr)
    t.match(stderr, message)
    t.notMatch(stderr, /\n\s+at /)
    t.equal(stderr.trim().split('\n').length, 1, stderr)
  }
})

t.test('a variable that is none of ours is warned of', async t => {
  const { stderr } = await run(['serve'], { LEPORELLO_PROT: '1', LEPORELLO_PORT: 'http' })
  t.notMatch(stderr, /LEPORELLO_PROT /, 'not before the configuration is right')
  const service = await startService(t, { LEPORELLO_PROT: '1', LEPORELLO_DATA_DIR: await temporaryFolder(t) })
  await service.stop()
  t.match(service.errors(), /LEPORELLO_PROT is not a variable/)
})

t.test('what was registered is there after a restart', async t => {
  const env = { LEPORELLO_DATA_DIR: await temporaryFolder(t) }
  const first = await startService(t, env)
  t.equal((await fetch(`${first.url}/container/add`, form(CONTAINER))).status, 200)
  t.same(await first.stop(), { code: 0, signal: null })
  const second = await startService(t, env)
  const answer = await (await fetch(`${second.url}/container/info?id=${CONTAINER.name}`)).json() as { result: object }
  t.match(answer.result, { id: CONTAINER.name, urls: CONTAINER.urls })
})

t.test('SIGTERM lets an open request finish, takes no new ones and exits with 0', async t => {
  const service = await startService(t, { LEPORELLO_DATA_DIR: await temporaryFolder(t) })
  const { hostname, port } = new URL(service.url)
  const socket = connect(Number(port), hostname)
  const body = new URLSearchParams(CONTAINER).toString()
  const head = ['POST /container/add HTTP/1.1', 'Host: localhost', 'Content-Type: application/x-www-form-urlencoded',
    `Content-Length: ${body.length}`, 'Expect: 100-continue', '', ''].join('\r\n')
  socket.write(head)
  const [interim] = await once(socket, 'data')
  t.match(String(interim), /^HTTP\/1.1 100 Continue/, 'the service has the request')
  const ended = service.stop()
  await untilRefused(Number(port), hostname)
  const answer = text(socket)
  socket.write(body)
  t.match(await answer, /^HTTP\/1.1 200 OK/)
  t.same(await ended, { code: 0, signal: null })
})

t.test('serves https with the certificate it is given', async t => {
  const folder = await temporaryFolder(t)
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  await promisify(execFile)('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1',
    '-subj', '/CN=localhost', '-keyout', key, '-out', cert])
  const service = await startService(t, {
    LEPORELLO_DATA_DIR: folder, LEPORELLO_TLS_CERT: cert, LEPORELLO_TLS_KEY: key
  })
  t.match(service.url, /^https:/)
  const agent = new Agent({ rejectUnauthorized: false })
  t.teardown(() => agent.destroy())
  const [response] = await once(get(`${service.url}/health/live`, { agent }), 'response')
  t.equal(response.statusCode, 200)
  response.resume()
})

t.test('SIGTERM does not wait for a client that stalls longer than the grace period', async t => {
  const service = await startService(t, { LEPORELLO_DATA_DIR: await temporaryFolder(t), LEPORELLO_SHUTDOWN_GRACE_MS: '50' })
  const { hostname, port } = new URL(service.url)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => {})
  socket.write('POST /container/add HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n')
  await once(socket, 'data')
  t.same(await service.stop(), { code: 0, signal: null })
})

t.test('the command line says when it is wrong, with 2', async t => {
  t.match(await run(['sevre']), { code: 2, stderr: /sevre/ })
  t.match(await run(['serve', '--nope']), { code: 2, stderr: /--nope/ })
  t.match(await run(['--version']), { code: 0, stdout: /^\d+\.\d+\.\d+\n$/ })
})

t.test('the log has a line a request, without queries and credentials', async t => {
  const service = await startService(t, { LEPORELLO_DATA_DIR: await temporaryFolder(t) })
  const url = 's3://KEY:SECRET@bucket/x.tar'
  const headers = { authorization: 'Basic U0VDUkVU', 'x-request-id': 'req-1' }
  const query = new URLSearchParams({ name: 'c', version: '1', digest: 'd', url })
  await fetch(`${service.url}/container/add?${query}`, { method: 'POST', headers })
  await fetch(`${service.url}/container/add`, { ...form({ name: 'c', version: '1', digest: 'd', urls: `{"x86-46": "${url}"}` }), headers })
  await fetch(`${service.url}/container/add`, { ...form({ name: 'c', version: '1', digest: 'd', url: `${url}/` }), headers })
  const headersJson = { ...headers, 'content-type': 'application/json' }
  await fetch(`${service.url}/container/add`, { method: 'POST', headers: headersJson, body: JSON.stringify({ ...CONTAINER, url: { a: url } }) })
  await fetch(`${service.url}/container/add`, { ...form({ name: 'c', version: '1', digest: 'd', urls: `{"${url}": "x86_64"}` }), headers })
  await fetch(`${service.url}/container?id=${encodeURIComponent(url)}`)
  await fetch(`${service.url}/x/${url}`)
  await service.stop()
  const requests = service.log.filter(entry => entry['msg'] === 'request')
  // A line is written after the answer has left, so that the next request may overtake it.
  t.match(requests.find(({ status }) => status === 200), {
    reqId: 'req-1', method: 'POST', route: '/container/add', path: '/container/add', client: '127.0.0.1'
  })
  t.equal(requests.length, 7)
  t.match(requests[1], { code: 'ARCHITECTURE_UNKNOWN', reason: /x86-46/ })
  t.notMatch(JSON.stringify(service.log), /SECRET|U0VDUkVU/)
})

async function untilRefused (port: number, host: string): Promise<void> {
  for (;;) {
    const socket = connect(port, host)
    const refused = await new Promise<boolean>(resolve => {
      socket.once('connect', () => resolve(false)).once('error', () => resolve(true))
    })
    socket.destroy()
    if (refused) return
  }
}

t.test('a client that leaves before its answer is logged as such, whatever became of its request', async t => {
  const service = await startService(t, { LEPORELLO_DATA_DIR: await temporaryFolder(t) })
  const { hostname, port } = new URL(service.url)
  const socket = connect(Number(port), hostname)
  socket.write('POST /container/add HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: left\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n')
  await once(socket, 'data')
  socket.destroy()
  t.match(await service.logged(({ reqId, msg }) => reqId === 'left' && msg === 'request'), { status: 499 })
  await service.stop()
  t.same(service.log.filter(({ level }) => Number(level) >= 50), [])
})
