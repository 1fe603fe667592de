import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { connect, createServer as createConnections, type AddressInfo, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { accessFiles, CREDENTIALS } from '../access/guarded-app.js'
import { testApp } from '../app.js'

type Answer = (request: IncomingMessage, response: ServerResponse) => void

/** A Mozart of the test's own, and Leporello in front of it; both on sockets. */
async function site (t: Test, answer: Answer, env: Record<string, string> = {}) {
  const mozart = createServer(answer)
  mozart.listen(0, '127.0.0.1')
  await once(mozart, 'listening')
  t.teardown(() => { mozart.closeAllConnections(); mozart.close() })
  const behind = `http://127.0.0.1:${(mozart.address() as AddressInfo).port}`
  const app = await testApp(t, { env: { LEPORELLO_MOZART_URL: `${behind}/mozart`, ...env } })
  return { url: await app.listen({ host: '127.0.0.1', port: 0 }), behind, mozart, app }
}

t.test('what is no route of ours is Mozart\'s: method, path, query, headers, body and answer', async t => {
  const seen: Array<{ method: string | undefined, url: string | undefined, headers: IncomingMessage['headers'], body: string }> = []
  const { url, behind } = await site(t, async (request, response) => {
    seen.push({ method: request.method, url: request.url, headers: request.headers, body: await text(request) })
    response.writeHead(418, { 'content-type': 'text/x-tea', 'x-tea': ['a', 'b'], 'set-cookie': ['c=1', 'd=2'] }).end('tea')
  })
  const answer = await fetch(`${url}/api/v0.1/job/submit%20it?a=1&a=%2F`, { method: 'POST', body: '{"x": 1.0}', headers: { 'content-type': 'application/json', authorization: 'Basic abc', 'x-own': 'y' } })
  t.equal(answer.status, 418)
  t.equal(await answer.text(), 'tea')
  t.equal(answer.headers.get('content-type'), 'text/x-tea')
  t.same(answer.headers.getSetCookie(), ['c=1', 'd=2'])
  t.match(seen, [{ method: 'POST', url: '/mozart/api/v0.1/job/submit%20it?a=1&a=%2F', body: '{"x": 1.0}', headers: { 'content-type': 'application/json', 'x-own': 'y', host: behind.slice('http://'.length) } }])
  t.equal(seen[0]?.headers.authorization, undefined, 'credentials for us are not Mozart\'s')
  t.equal(seen[0]?.headers['x-forwarded-for'], '127.0.0.1')
})

t.test('the id and the trace of a request go on with it, a trace that is none does not', async t => {
  const seen: Array<IncomingMessage['headers']> = []
  const { url } = await site(t, (request, response) => {
    seen.push(request.headers)
    response.end()
  })
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  const answer = await fetch(`${url}/job/x`, { headers: { 'x-request-id': 'mine', traceparent, tracestate: 'a=1' } })
  t.equal(answer.headers.get('x-request-id'), 'mine')
  await fetch(`${url}/job/x`, { headers: { traceparent: 'none', tracestate: 'a=1' } })
  t.match(seen[0], { 'x-request-id': 'mine', traceparent, tracestate: 'a=1' })
  t.match(seen[1], { 'x-request-id': /^[0-9a-f-]{36}$/, traceparent: undefined, tracestate: undefined })
})

t.test('a connection outlasts the silence that Mozart is allowed', async t => {
  let connection: Socket | undefined
  const limits: Array<number | undefined> = []
  const { url, app } = await site(t, async (request, response) => {
    await text(request)
    limits.push(connection?.timeout)
    response.end()
  }, { LEPORELLO_MOZART_TIMEOUT_MS: '200000' })
  app.server.on('connection', (socket: Socket) => { connection = socket })
  await fetch(`${url}/job/x`)
  await fetch(`${url}/job/x`, { method: 'POST', body: 'a=1' })
  t.equal(limits.length, 2)
  for (const limit of limits) t.ok(limit! > 200_000)
  await fetch(`${url}/container/list`)
  t.ok(connection!.timeout! < 200_000, 'and no longer than for that')
})

t.test('forms on GET, HEAD and DELETE pass, and credentials where that is wanted', async t => {
  const seen: string[] = []
  const { url, app } = await site(t, async (request, response) => {
    seen.push(`${request.method} ${request.url} ${await text(request)} ${request.headers.authorization}`)
    response.end(request.method === 'HEAD' ? undefined : 'x')
  }, { LEPORELLO_MOZART_FORWARD_AUTH: '1' })
  const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1')
  socket.write('GET /job/list HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 3\r\nConnection: close\r\n\r\na=1')
  t.match(await text(socket), /^HTTP\/1\.1 200 /)
  await fetch(`${url}/job/x`, { method: 'HEAD', headers: { authorization: 'Basic abc' } })
  await fetch(`${url}/job/x`, { method: 'DELETE' })
  t.same(seen, ['GET /mozart/job/list a=1 undefined', 'HEAD /mozart/job/x  Basic abc', 'DELETE /mozart/job/x  undefined'])
})

t.test('our own routes stay ours, with all that is wrong about a request to them', async t => {
  let asked = 0
  const { url } = await site(t, (_request, response) => {
    asked++
    response.end()
  })
  t.equal((await fetch(`${url}/container/list`)).status, 200)
  t.equal((await fetch(`${url}/container/nothing`)).status, 404)
  t.equal((await fetch(`${url}/api/v0.1/container/add`, { method: 'PATCH' })).status, 405)
  t.equal((await fetch(`${url}/api/v0.1/%63ontainer/nothing`)).status, 404)
  t.equal((await fetch(`${url}/health/nothing`)).status, 404)
  t.equal((await fetch(`${url}/api/v0.1/container/upload`, { method: 'OPTIONS' })).status, 200)
  t.equal(asked, 0)
})

t.test('a redirect within Mozart leads back here, another one where it led', async t => {
  const { url, behind } = await site(t, (request, response) => {
    const location = request.url === '/mozart/in' ? `${behind}/mozart/out?x=1` : request.url === '/mozart/relative' ? '/elsewhere' : 'https://sso.example/login'
    response.writeHead(302, { location }).end()
  })
  const locationOf = async (path: string) => (await fetch(url + path, { redirect: 'manual' })).headers.get('location')
  t.equal(await locationOf('/in'), `${url}/out?x=1`)
  t.equal(await locationOf('/relative'), '/elsewhere')
  t.equal(await locationOf('/sso'), 'https://sso.example/login')
})

t.test('bytes pass as they come, in both directions', async t => {
  const { url } = await site(t, (request, response) => { request.pipe(response) })
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
  const writer = writable.getWriter()
  const answering = fetch(`${url}/echo`, { method: 'POST', body: readable, duplex: 'half' } as RequestInit)
  await writer.write(Buffer.from('first'))
  const reader = (await answering).body!.getReader()
  t.equal(Buffer.from((await reader.read()).value!).toString(), 'first', 'answered before the request has ended')
  await writer.write(Buffer.from('second'))
  t.equal(Buffer.from((await reader.read()).value!).toString(), 'second')
  await writer.close()
  t.equal((await reader.read()).done, true)
})

t.test('a Mozart that is down, silent or dies in the middle is a 502, or a connection that ends', async t => {
  const { url, mozart } = await site(t, (request, response) => {
    if (request.url === '/mozart/dies') response.write('half', () => { request.socket.destroy() })
  }, { LEPORELLO_MOZART_TIMEOUT_MS: '300' })
  const silent = await fetch(`${url}/silent`)
  t.strictSame([silent.status, silent.headers.get('x-error-code')], [502, 'MOZART_UNAVAILABLE'])
  await t.rejects(fetch(`${url}/dies`).then(answer => answer.text()))
  mozart.closeAllConnections()
  mozart.close()
  await once(mozart, 'close')
  const down = await fetch(`${url}/down`)
  t.equal(down.status, 502)
  t.match(await down.json(), { success: false, result: { code: 'MOZART_UNAVAILABLE' } })
  t.equal((await fetch(`${url}/container/list`)).status, 200)
  const ready = await fetch(`${url}/health/ready`)
  t.equal(ready.status, 200)
  t.match(await ready.json(), { status: 'ready', backends: { mozart: { kind: 'mozart', state: 'down' } } })
})

t.test('what a client gives up is given up at Mozart as well, and a silent Mozart keeps nothing from closing', async t => {
  const asked: ServerResponse[] = []
  const { url, app, mozart } = await site(t, (_request, response) => { asked.push(response) })
  const leaving = new AbortController()
  const left = t.rejects(fetch(`${url}/job/left`, { signal: leaving.signal }))
  await once(mozart, 'request')
  leaving.abort()
  await left
  await once(asked[0]!, 'close')

  const cut = t.rejects(fetch(`${url}/job/cut`))
  await once(mozart, 'request')
  const closed = app.close()
  app.server.closeAllConnections()
  await Promise.all([closed, cut])
})

t.test('a Mozart whose machine says nothing does not keep readiness waiting', async t => {
  const silent = createConnections(() => {}).listen(0, '127.0.0.1')
  await once(silent, 'listening')
  t.teardown(() => { silent.close() })
  const app = await testApp(t, { env: { LEPORELLO_MOZART_URL: `https://127.0.0.1:${(silent.address() as AddressInfo).port}` } })
  t.match((await app.inject('/health/ready')).json(), { status: 'ready', backends: { mozart: { state: 'down', reason: /within 2 s|timeout: 2000ms/ } } })
})

t.test('what a client says in a proxy\'s place does not reach Mozart, and what a proxy says does', async t => {
  const sent = { forwarded: 'for=6.6.6.6', 'x-forwarded-for': '6.6.6.6', 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https', 'x-forwarded-port': '666', 'x-scheme': 'https', 'x-real-ip': '6.6.6.6' }
  const asked = async (proxies: string, scriptName: string) => {
    let seen: IncomingMessage['headers'] = {}
    const { url } = await site(t, (request, response) => {
      seen = request.headers
      response.end()
    }, { LEPORELLO_TRUST_PROXY: proxies, LEPORELLO_HOST: '0.0.0.0' })
    // What WSGI takes for the same.
    const taken = Object.fromEntries(Object.keys({ ...sent, 'x-script-name': '', 'x-request-id': '' }).filter(name => name.includes('-'))
      .flatMap(name => [name.replaceAll('-', '_'), name.replace('-', '_')]).map(name => [name, 'evil']))
    await fetch(`${url}/job/x`, { headers: { ...sent, ...taken, x_of_mozart: 'mine', 'x-script-name': scriptName } })
    t.strictSame(Object.keys(seen).filter(name => name.includes('_')), ['x_of_mozart'])
    return seen
  }
  const untrusted = await asked('none', '/mozart')
  t.strictSame(Object.keys(untrusted).filter(name => /forwarded|x-s|x-real/.test(name)).sort(), ['x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto'])
  t.match(untrusted, { 'x-forwarded-for': '127.0.0.1', 'x-forwarded-host': /^127\.0\.0\.1:/, 'x-forwarded-proto': 'http' })
  t.match(await asked('loopback', '/mozart'), { ...sent, 'x-script-name': '/mozart' })
  for (const name of ['//evil.example', '/..', 'x y']) t.equal((await asked('loopback', name))['x-script-name'], undefined, name)
})

t.test('headers pass byte for byte, be they UTF-8, Latin-1 or neither', async t => {
  const utf8 = Buffer.from('caf\u00e9 \u65e5\u672c \u{1f600}').toString('latin1')
  const { app, mozart } = await site(t, () => {})
  let answer = ''
  mozart.removeAllListeners('request').on('request', request => { request.socket.end(Buffer.from(`HTTP/1.1 200 OK\r\n${answer}\r\n\r\n`, 'latin1')) })
  for (const headers of [
    `x-text: ${utf8}`, 'x-text: caf\u00e9', 'x-text: \u00ff\u00fe\u0080', `content-disposition: attachment; filename="${utf8}"`,
    `content-disposition: attachment; filename="${utf8}"\r\ncontent-length: 0`, 'content-disposition: attachment; filename="caf\u00e9"'
  ]) {
    answer = headers
    const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1').setEncoding('latin1')
    socket.write('GET /job/x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
    const [header = ''] = headers.split('\r\n')
    t.ok((await text(socket)).includes(`\r\n${header}\r\n`), header)
  }
})

t.test('where everybody is asked who they are, reading needs a reader and the rest somebody who may write everything', async t => {
  const { url } = await site(t, (_request, response) => { response.end('mozart') }, await accessFiles(t))
  const ask = async (who: keyof typeof CREDENTIALS, method: string) =>
    (await fetch(`${url}/job/x`, { method, headers: CREDENTIALS[who] === undefined ? {} : { authorization: CREDENTIALS[who] } })).status
  t.same(await Promise.all(['GET', 'POST'].map(method => ask('none', method))), [401, 401])
  t.same(await Promise.all(['GET', 'POST'].map(method => ask('reader', method))), [200, 403])
  t.same(await Promise.all(['GET', 'POST'].map(method => ask('token for container-foo', method))), [403, 403])
  t.same(await Promise.all(['GET', 'POST'].map(method => ask('writer', method))), [200, 200])
  const options = async (headers: Record<string, string>) => (await fetch(`${url}/job/x`, { method: 'OPTIONS', headers })).status
  t.equal(await options({}), 401)
  t.equal(await options({ 'access-control-request-method': 'POST', origin: 'https://a.example' }), 200, 'a browser asks without credentials')
})

t.test('what the Connection header names is of this connection, and does not go on', async t => {
  const seen: Array<IncomingMessage['headers']> = []
  const { url } = await site(t, (request, response) => {
    seen.push(request.headers)
    response.end()
  })
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  socket.write('GET /job/x HTTP/1.1\r\nHost: localhost\r\nConnection: close, X-Hop ,x-other\r\nX-Hop: 1\r\nX-Other: 2\r\nX-More: 3\r\n\r\n')
  t.match(await text(socket), /^HTTP\/1\.1 200 /)
  t.match(seen, [{ 'x-hop': undefined, 'x-other': undefined, 'x-more': '3' }])
})
