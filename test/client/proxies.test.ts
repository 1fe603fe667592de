import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { request as ask } from 'node:http'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { LeporelloClient } from '../../src/client/index.js'
import { temporaryFolder } from '../app.js'
import { runLeporello, startService } from '../service.js'
import { tarballOf } from '../uploads/tarballs.js'
import { answering, startServer } from './servers.js'

const EMPTY = answering(200, { success: true, message: '', result: [] })

/** Takes the requests that a proxy gets, as curl sends them; the targets are as in their first lines. */
async function startProxy (t: Test): Promise<{ url: string, targets: string[] }> {
  const targets: string[] = []
  const url = await startServer(t, (request, response) => {
    targets.push(request.url!)
    request.pipe(ask(request.url!, { method: request.method!, headers: request.headers }, answer => {
      response.writeHead(answer.statusCode!, answer.headers)
      answer.pipe(response)
    }))
  })
  return { url, targets }
}

t.test('a proxy that the environment names is gone through, and named when it is in the way', async t => {
  const target = await startServer(t, EMPTY)
  const { url, targets } = await startProxy(t)
  const client = (env: Record<string, string>) => runLeporello(['list', '--url', target, '--timeout', '5'], env)
  t.match(await client({ http_proxy: url }), { code: 0, stderr: '' })
  t.same(targets, [`${target}/container/list`])
  t.match(await client({ http_proxy: url, no_proxy: '127.0.0.1' }), { code: 0 })
  t.equal(targets.length, 1)
  t.match(await client({ http_proxy: 'http://127.0.0.1:1' }), { code: 5, stderr: /through the proxy 127\.0\.0\.1:1, refuses/ })
})

t.test('an IPv6 address has its entry in the netrc file', async t => {
  const seen: Array<string | undefined> = []
  // A machine need not have IPv6 for it: the proxy is asked for the address.
  const proxy = await startServer(t, (request, response) => {
    seen.push(`${request.url} ${request.headers.authorization}`)
    EMPTY(request, response)
  })
  const netrc = join(await temporaryFolder(t), 'netrc')
  await writeFile(netrc, 'machine ::1 login me password mine')
  const outcome = await runLeporello(['list', '--url', 'http://[::1]:8888', '--netrc-file', netrc], { http_proxy: proxy })
  t.match(outcome, { code: 0, stderr: '' })
  t.same(seen, [`http://[::1]:8888/container/list Basic ${btoa('me:mine')}`])
})

t.test('an upload goes through a proxy as it is sent', async t => {
  const { url: service } = await startService(t, { LEPORELLO_DATA_DIR: await temporaryFolder(t) })
  const { url, targets } = await startProxy(t)
  const file = join(await temporaryFolder(t), 'hello.tar')
  await writeFile(file, tarballOf('container-hello:1.0'))
  const { code, stderr } = await runLeporello(['upload', 'container-hello:1.0', file, '--url', service], { http_proxy: url })
  t.equal(code, 0, stderr)
  t.same(targets, [`${service}/container/upload`])
})

t.test('a proxy that does not do as it is asked is told of in a sentence, and not waited for', async t => {
  const [http, https] = [await startServer(t, EMPTY), 'https://127.0.0.1:1']
  const cases: Array<[target: string, answer: string | undefined, failure: { name: string, message: RegExp }]> = [http, https].flatMap(target => [
    [target, 'HTTP/1.1 407 No\r\ncontent-length: 2\r\n\r\nNo', { name: 'UnreachableError', message: /the proxy answers 407: give its user and password/ }],
    [target, '', { name: 'UnreachableError', message: /through the proxy .* cut the connection$/ }],
    [target, undefined, { name: 'UnreachableError', message: /through the proxy .* did not answer in time$/ }]
  ])
  cases.push([https, 'HTTP/1.1 403 No\r\n\r\n', { name: 'UnreachableError', message: /the proxy answers 403$/ }])
  // It might be the service's own.
  cases.push([http, 'HTTP/1.1 403 No\r\ncontent-length: 0\r\n\r\n', { name: 'ApiError', message: /403/ }])
  for (const [target, answer, failure] of cases) {
    const proxy = createServer(socket => {
      socket.on('error', () => {}).once('data', () => { if (answer !== undefined) socket.end(answer) })
      t.teardown(() => socket.destroy())
    }).listen(0, '127.0.0.1')
    await once(proxy, 'listening')
    t.teardown(() => proxy.close())
    process.env['http_proxy'] = process.env['https_proxy'] = `http://me:100%@127.0.0.1:${(proxy.address() as AddressInfo).port}`
    const client = new LeporelloClient({ url: target, retries: 0, timeoutMs: 500 })
    t.teardown(() => client.close())
    await t.rejects(client.list(), failure)
    delete process.env['http_proxy']
    delete process.env['https_proxy']
  }
  for (const odd of ['socks5://u:s3cret@127.0.0.1:1', 'http://:::bad', 'what is this']) {
    const outcome = await runLeporello(['list', '--url', http], { http_proxy: odd })
    t.match(outcome, { code: 2, stderr: /^leporello: the proxy that the environment names must be an address such as [^\n]*\n$/ })
    t.notMatch(outcome.stderr, 's3cret')
  }
})
