import { once } from 'node:events'
import { connect, createServer, type AddressInfo } from 'node:net'
import t from 'tap'
import { LeporelloClient } from '../../src/client/index.js'
import { runLeporello } from '../service.js'
import { answering, startServer } from './servers.js'

const EMPTY = answering(200, { success: true, message: '', result: [] })

t.test('a proxy that the environment names is gone through, and named when it is in the way', async t => {
  const target = await startServer(t, EMPTY)
  const through: string[] = []
  const proxy = createServer(socket => {
    socket.once('data', head => {
      const [, host = '', port] = /^CONNECT ([^:]+):(\d+)/.exec(String(head)) ?? []
      through.push(`${host}:${port}`)
      const up = connect(Number(port), host, () => { socket.write('HTTP/1.1 200 OK\r\n\r\n') })
      socket.pipe(up).pipe(socket)
      for (const end of [socket, up]) end.on('error', () => {})
    })
  }).listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  t.teardown(() => proxy.close())
  const { port } = proxy.address() as AddressInfo
  const client = (env: Record<string, string>) => runLeporello(['list', '--url', target, '--timeout', '5'], env)
  t.match(await client({ http_proxy: `http://127.0.0.1:${port}` }), { code: 0, stderr: '' })
  t.same(through, [new URL(target).host])
  t.match(await client({ http_proxy: `http://127.0.0.1:${port}`, no_proxy: '127.0.0.1' }), { code: 0 })
  t.equal(through.length, 1)
  t.match(await client({ http_proxy: 'http://127.0.0.1:1' }), { code: 5, stderr: /through the proxy 127\.0\.0\.1:1, refuses/ })
})

t.test('a proxy that gives no tunnel is told of in a sentence, and not waited for', async t => {
  const target = await startServer(t, EMPTY)
  const proxies: Array<[answer: string | undefined, reason: RegExp]> = [
    ['HTTP/1.1 407 No\r\n\r\n', /the proxy answers 407: give its user and password/],
    ['HTTP/1.1 403 No\r\n\r\n', /the proxy answers 403$/],
    ['', /through the proxy .* cut the connection$/],
    [undefined, /through the proxy .* did not answer in time$/]
  ]
  for (const [answer, reason] of proxies) {
    const proxy = createServer(socket => {
      socket.on('error', () => {}).once('data', () => { if (answer !== undefined) socket.end(answer) })
      t.teardown(() => socket.destroy())
    }).listen(0, '127.0.0.1')
    await once(proxy, 'listening')
    t.teardown(() => proxy.close())
    process.env['http_proxy'] = `http://me:100%@127.0.0.1:${(proxy.address() as AddressInfo).port}`
    const client = new LeporelloClient({ url: target, retries: 0, timeoutMs: 500 })
    t.teardown(() => client.close())
    await t.rejects(client.list(), { name: 'UnreachableError', message: reason })
    delete process.env['http_proxy']
  }
  for (const odd of ['socks5://u:s3cret@127.0.0.1:1', 'http://:::bad', 'what is this']) {
    const outcome = await runLeporello(['list', '--url', target], { http_proxy: odd })
    t.match(outcome, { code: 2, stderr: /^leporello: the proxy that the environment names must be an address such as [^\n]*\n$/ })
    t.notMatch(outcome.stderr, 's3cret')
  }
})
