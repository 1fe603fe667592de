import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import t from 'tap'
import { withoutSecrets } from '../src/domain/userinfo.js'
import { accessFiles, basic } from './access/guarded-app.js'
import { temporaryFolder } from './app.js'
import { startFakeEngine } from './metrics/fake-engine.js'
import { runLeporello, startService } from './service.js'

/** Never in a log, be it as it is, percent-encoded or as a part of Basic credentials. */
const SECRET = 'pl4nt3d'

const LEAKS = [SECRET, 'pl4nt%33d', ...[0, 1, 2].map(shift => encodedInside(shift))]

/** How base64 shows the secret where it begins at that place. */
function encodedInside (shift: number): string {
  return Buffer.from('x'.repeat(shift) + SECRET + 'xx').toString('base64').slice(shift === 0 ? 0 : 4, 8)
}

for (const kind of ['elasticsearch', 'opensearch']) {
  t.test(`with ${kind} no secret is in the log at any level, whatever goes wrong`, async t => {
    const engine = await startFakeEngine(t)
    const mozart = createServer((request, response) => {
      if (request.url?.includes('breaks')) request.socket.destroy()
      else response.setHeader('set-cookie', `session=${SECRET}`).end('mozart')
    }).listen(0, '127.0.0.1')
    await once(mozart, 'listening')
    t.teardown(() => { mozart.closeAllConnections(); mozart.close() })
    const store = createServer((_request, response) => {
      response.writeHead(403, { 'content-type': 'application/xml' }).end(`<Error><Code>AccessDenied</Code><Message>Credential=AKIA${SECRET}</Message></Error>`)
    }).listen(0, '127.0.0.1')
    await once(store, 'listening')
    t.teardown(() => { store.closeAllConnections(); store.close() })
    const service = await startService(t, {
      ...await accessFiles(t),
      LEPORELLO_LOG_LEVEL: 'trace',
      LEPORELLO_DATA_DIR: await temporaryFolder(t),
      LEPORELLO_INDEX_URL: engine.url.replace('//', `//engine-user:${SECRET}@`),
      LEPORELLO_INDEX_KIND: kind,
      LEPORELLO_INDEX_TIMEOUT_MS: '1000',
      LEPORELLO_STORE: 's3://bucket',
      LEPORELLO_S3_ENDPOINT: `http://127.0.0.1:${(store.address() as AddressInfo).port}`,
      LEPORELLO_PUBLIC_URL: 'http://leporello.test',
      LEPORELLO_MOZART_URL: `http://127.0.0.1:${(mozart.address() as AddressInfo).port}`,
      LEPORELLO_MOZART_FORWARD_AUTH: '1',
      AWS_ACCESS_KEY_ID: `AKIA${SECRET}`,
      AWS_SECRET_ACCESS_KEY: SECRET,
      AWS_SESSION_TOKEN: SECRET
    })
    const cookie = `session=${SECRET}`
    const writer = { authorization: basic('writer', 'secret'), cookie }
    const credentials = [basic('writer', SECRET), basic(SECRET, 'x'), `Bearer ${SECRET}`, `Digest username="${SECRET}"`, SECRET]
    const ask = async (path: string, init: RequestInit = {}) => {
      await fetch(service.url + path, { ...init, headers: { ...writer, ...init.headers } }).then(answer => answer.text(), () => {})
    }
    const url = `https://user:${SECRET}@host/image.tar`
    const signed = `https://host/x?X-Amz-Credential=AKIA${SECRET}&X-Amz-Signature=${SECRET}&X-Amz-Security-Token=${SECRET}`
    const everything = async () => {
      for (const authorization of credentials) await ask('/container/list', { headers: { authorization } })
      await ask(`/container/info?id=x&access_token=${SECRET}`)
      await ask(`/container/info?id=${encodeURIComponent(url)}`)
      for (const bad of [url, signed, `//${SECRET}@host`, `user:${SECRET}@host/x`]) {
        await ask('/container/add', { method: 'POST', body: new URLSearchParams({ name: 'container-a:1', version: '1', digest: 'sha256:aa', url: bad, urls: JSON.stringify({ amd64: bad, vax: bad }) }) })
        await ask('/container/add', { method: 'POST', body: new URLSearchParams({ name: 'container-a:1', version: '1', url: bad, digest: 'sha256:aa' }) })
        await ask(`/job/${encodeURIComponent(bad)}`)
      }
      await ask(`/job/breaks?sig=${SECRET}`)
      await ask(`/nothing/${encodeURIComponent(encodeURIComponent(url))}`)
      await ask('/container/upload?name=container-a:1&version=1', { method: 'PUT', body: `Authorization: Bearer ${SECRET}` })
      await ask('/health/ready')
    }
    await everything()
    engine.answer = (_request, _body, response) => { response.writeHead(401).end(JSON.stringify({ error: { type: 'security_exception', reason: `wrong: Authorization: Basic ${SECRET}` } })) }
    await everything()
    engine.answer = (_request, _body, response) => { response.writeHead(500).end(`<html>Bearer ${SECRET} and ${signed}`) }
    await everything()
    engine.answer = request => { request.socket.destroy() }
    await everything()
    await service.stop()

    const log = service.log.map(entry => JSON.stringify(entry))
    t.ok(service.log.filter(({ msg }) => msg === 'request failed').length > 5, 'errors were logged')
    t.ok(service.log.some(({ code }) => code === 'INDEX_UNAVAILABLE'))
    t.ok(service.log.some(({ code }) => code === 'MOZART_UNAVAILABLE'))
    t.ok(service.log.some(({ code }) => code === 'URLS_INVALID' || code === 'ARCHITECTURE_UNKNOWN'))
    for (const line of [...log, ...service.errors().split('\n')]) {
      for (const leak of LEAKS) if (line.includes(leak)) t.fail(line)
    }
  })
}

t.test('errors are shown by their name, message, code and stack, and nothing that hangs on them', async t => {
  const folder = await temporaryFolder(t)
  const script = `import { createLogger } from ${JSON.stringify(new URL('../src/log.js', import.meta.url).href)}
    const logger = createLogger('trace')
    const error = Object.assign(new Error('Authorization: Bearer ${SECRET}'), { code: 'ECODE', meta: { headers: { authorization: '${SECRET}' } } })
    error.cause = Object.assign(new Error('https://u:${SECRET}@h/'), { $response: { headers: { cookie: '${SECRET}' } } })
    for (const level of ['trace', 'debug', 'info', 'warn', 'error', 'fatal']) {
      logger[level]({ err: error }, 'with an error')
      logger[level]({ headers: { authorization: 'Basic ${SECRET}', cookie: 'a=${SECRET}; b="${SECRET}"' } }, 'with headers')
      logger[level]('to s3://AKIA:${SECRET}@bucket and https://h/x?X-Amz-Signature=${SECRET}&a=1')
    }`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], { cwd: folder })
  const lines = stdout.trim().split('\n').map(line => JSON.parse(line))
  t.equal(lines.length, 18)
  t.match(lines[0].err, { type: 'Error', code: 'ECODE', stack: /at / })
  t.notMatch(lines[0].err, { meta: {} })
  t.notMatch(stdout, SECRET)
})

t.test('no command tells the secret of a variable that it cannot use, or of an address that does not answer', async t => {
  const url = `http://user:${SECRET}@127.0.0.1:1`
  const runs: Array<[args: string[], env: Record<string, string>]> = [
    [['serve'], { LEPORELLO_MOZART_URL: url, LEPORELLO_PUBLIC_URL: url, LEPORELLO_STORE: url }],
    [['doctor', '--json'], { LEPORELLO_MOZART_URL: url, LEPORELLO_PUBLIC_URL: url, LEPORELLO_STORE: url }],
    [['sweep', '--json'], { LEPORELLO_S3_ENDPOINT: url, LEPORELLO_ORIGINS: url }],
    [['list', '--json'], { LEPORELLO_URL: url.replace('http:', 'ftp:') }],
    [['list', '--json', '--url', url], {}]
  ]
  for (const [args, env] of runs) {
    const { stdout, stderr, code } = await runLeporello(args, env)
    t.not(code, 0)
    t.match(stdout + stderr, /127\.0\.0\.1:1/)
    t.notMatch(stdout + stderr, SECRET, args.join(' '))
  }
})

t.test('a text without secrets is left as it is', async t => {
  for (const text of ['the Authorization header is missing', 'digest sha256:aa is not one of them', 'container-hello:1.0', 'container-hello:1.0@sha256:aa', 's3://bucket/key', 'a@b', 'tokens: 3']) {
    t.equal(withoutSecrets(text), text)
  }
})
