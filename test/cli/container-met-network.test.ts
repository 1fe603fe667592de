import { once } from 'node:events'
import { readFile, readdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import t from 'tap'
import { freePort } from '../engines/engine.js'
import { accept, answer, outcomeOf, runMet, selfSigned, spawnMet, startMozart, workspace } from './container-met.js'
import { startProxy } from './container-met-proxy.js'

const line = (url: string, repo: string) => ['container-foo:1.0', '1.0', 'foo.tar.gz', repo, 'sha256:aa', url]

const PATIENT = { LEPORELLO_PATIENCE: '60' }

t.test('a redirect that would turn POST into GET is an error, where container-met.py ends well without registering', async t => {
  const { cwd, store } = await workspace(t)
  const front = await startMozart(t)
  for (const status of [301, 302, 303]) {
    const mozart = await startMozart(t, response => answer(response, status, '', { location: `${front.origin}/api/v0.1/container/add` }))
    t.match(await runMet(line(mozart.url, store), { cwd, env: PATIENT }), {
      code: 1, last: new RegExp(`redirects \\(${status}\\) to ${front.url}/container/add, by which .* give the address .*removed again$`)
    })
    t.equal(mozart.requests.length, 1)
  }
  t.same([front.requests, await readdir(store)], [[], []])
})

t.test('a redirect that keeps POST is followed, with the body and without what authorizes at the first address', async t => {
  const { cwd, store } = await workspace(t)
  const target = await startMozart(t)
  for (const status of [307, 308]) {
    const mozart = await startMozart(t, response => answer(response, status, '', { location: `${target.url}/container/add` }))
    t.match(await runMet(line(mozart.url.replace('//', '//user:pass@'), store), { cwd }), { code: 0 })
    t.match(mozart.requests, [{ headers: { authorization: `Basic ${btoa('user:pass')}` } }])
    const sent = target.requests.pop()
    t.match(sent, { method: 'POST', path: '/api/v0.1/container/add', body: mozart.requests[0]?.body })
    t.equal(sent?.headers.authorization, undefined)
  }
})

t.test('a redirect in a circle ends', async t => {
  const { cwd, store } = await workspace(t)
  const mozart = await startMozart(t, response => answer(response, 308, '', { location: '/api/v0.1/container/add' }))
  t.match(await runMet(line(mozart.url, store), { cwd }), { code: 1, last: /redirects \(308\)/ })
  t.same(await readdir(store), [])
})

t.test('503 and then 200 is a success, by one tarball and two requests that are the same', async t => {
  const { cwd, store } = await workspace(t)
  for (const status of [429, 500, 502, 503, 504]) {
    const mozart = await startMozart(t, (response, request, count) => (
      count === 1 ? answer(response, status, 'later') : accept(response, request, count)))
    t.match(await runMet(line(mozart.url, store), { cwd, env: PATIENT }), { code: 0, stderr: new RegExp(`: ${status}; trying again for 60 s\n`) })
    t.equal(mozart.requests.length, 2)
    t.equal(mozart.requests[0]?.body, mozart.requests[1]?.body)
  }
})

t.test('a service that is down for a moment is waited for', async t => {
  const { cwd, store } = await workspace(t)
  const port = await freePort()
  const met = spawnMet(line(`http://127.0.0.1:${port}/api/v0.1`, store), { cwd, env: PATIENT })
  const outcome = outcomeOf(met)
  while (!String((await once(met.stderr!, 'data'))[0]).includes('trying again'));
  const server = createServer((request, response) => request.resume().on('end', () => answer(response, 200, { success: true }))).listen(port, '127.0.0.1')
  t.teardown(() => { server.close() })
  t.match(await outcome, { code: 0 })
})

t.test('a request that is cut off is sent again', async t => {
  const { cwd, store } = await workspace(t)
  const mozart = await startMozart(t, (response, request, count) => {
    if (count === 1) response.socket?.destroy()
    else if (count === 2) response.writeHead(200, { 'content-length': 100 }).write('{"suc', () => response.socket?.destroy())
    else accept(response, request, count)
  })
  t.match(await runMet(line(mozart.url, store), { cwd, env: PATIENT }), { code: 0 })
  t.equal(mozart.requests.length, 3)
})

t.test('when every answer is cut off, nobody knows: the tarball stays, and the line says so', async t => {
  const { cwd, store } = await workspace(t)
  const mozart = await startMozart(t, response => response.socket?.destroy())
  t.match(await runMet(line(mozart.url, store), { cwd }), { code: 1, last: /gave no answer .*is not known, so the tarballs stay/ })
  t.same(await readdir(store), ['foo.tar.gz'])
})

t.test('a refusal after an attempt that may have been carried out leaves the tarball', async t => {
  const { cwd, store } = await workspace(t)
  const mozart = await startMozart(t, (response, _, count) => (
    count === 1 ? response.socket?.destroy() : answer(response, 400, { success: false, message: 'no' })))
  t.match(await runMet(line(mozart.url, store), { cwd, env: PATIENT }), { code: 1, last: /refuses \(400\): no; whether .* is not known/ })
  t.same(await readdir(store), ['foo.tar.gz'])
})

t.test('a service that takes the request and is silent is given up, and the tarball stays', async t => {
  const { cwd, store } = await workspace(t)
  const mozart = await startMozart(t, () => {})
  t.match(await runMet(['--timeout', '0.5', ...line(mozart.url, store)], { cwd }), { code: 1, last: /no answer in 500 ms.*is not known/ })
  t.same(await readdir(store), ['foo.tar.gz'])
})

t.test('a success that is none of Mozart\'s is no success', async t => {
  const { cwd, store } = await workspace(t)
  const login = await startMozart(t, response => answer(response, 200, '<html><script>x</script><title>Please log in</title></html>'))
  t.match(await runMet(line(login.url, store), { cwd }), { code: 1, last: /not as Mozart does: Please log in \(text\/html\); is mozart_url right\?.*not known/ })
  const failed = await startMozart(t, response => answer(response, 200, { success: false, message: 'id must be supplied', result: null }))
  t.match(await runMet(line(failed.url, join(cwd, 'other')), { cwd }), { code: 1, last: /\(200\): id must be supplied; .*removed again$/ })
  for (const said of [[1], { status: 'ok' }, { success: 'no' }]) {
    const other = await startMozart(t, response => answer(response, 200, said))
    t.match(await runMet(line(other.url, store), { cwd }), { code: 1, last: /not as Mozart does: .*is mozart_url right\?/ }, JSON.stringify(said))
  }
})

t.test('a service that asks to come again in no time is not asked a thousand times', async t => {
  const { cwd, store } = await workspace(t)
  const mozart = await startMozart(t, response => answer(response, 503, 'later', { 'retry-after': '0.001' }))
  t.match(await runMet(line(mozart.url, store), { cwd, env: { LEPORELLO_PATIENCE: '1' } }), { code: 1 })
  t.ok(mozart.requests.length > 1 && mozart.requests.length < 50, String(mozart.requests.length))
})

t.test('a certificate is not verified, with one line that says so, unless it is asked for', async t => {
  const { cwd, store } = await workspace(t)
  const { certFile, keyFile } = await selfSigned(t)
  const mozart = await startMozart(t, accept, { cert: await readFile(certFile, 'utf8'), key: await readFile(keyFile, 'utf8') })
  const lax = await runMet(line(mozart.url, store), { cwd })
  t.match(lax, { code: 0, stdout: '' })
  t.equal(lax.stderr.match(/warning/g)?.length, 1)
  t.match(lax.stderr, `container-met: warning: the certificate of ${mozart.origin} is not verified; --verify-tls or LEPORELLO_VERIFY_TLS=1 does\n`)
  const strict = { cwd, env: { LEPORELLO_VERIFY_TLS: '1', ...PATIENT } }
  t.match(await runMet(line(mozart.url, join(cwd, 'other')), strict), { code: 1, last: /self-signed certificate.*NODE_EXTRA_CA_CERTS.*removed again$/ })
  const trusted = await runMet(['--verify-tls', ...line(mozart.url, store)], { cwd, env: { NODE_EXTRA_CA_CERTS: certFile } })
  t.match(trusted, { code: 0, stderr: /^(?!.*warning)/s })
  t.equal(mozart.requests.length, 2)
})

t.test('https where http is spoken ends at once, and the tarball goes', async t => {
  const { cwd, store } = await workspace(t)
  const mozart = await startMozart(t)
  t.match(await runMet(line(mozart.url.replace('http:', 'https:'), store), { cwd, env: PATIENT }), { code: 1, last: /there is no connection.*removed again$/ })
})

t.test('a signal while the registration is on its way leaves the tarball, since nobody knows', async t => {
  const { cwd, store } = await workspace(t)
  const mozart = await startMozart(t, () => { met.kill('SIGTERM') })
  const met = spawnMet(line(mozart.url, store), { cwd })
  t.match(await outcomeOf(met), { code: 1, last: /stopped by a signal; whether .* is not known/ })
  t.same(await readdir(store), ['foo.tar.gz'])
})

t.test('the netrc file, or else the url, gives user and password, as requests does', async t => {
  const { cwd, store } = await workspace(t)
  const mozart = await startMozart(t)
  const sent = async (url: string, env: Record<string, string> = {}) => {
    t.match(await runMet(line(url, store), { cwd, env }), { code: 0 })
    const header = mozart.requests.pop()?.headers.authorization
    return header === undefined ? undefined : atob(header.replace('Basic ', ''))
  }
  const withUser = mozart.url.replace('//', '//user:p%40ss@')
  t.equal(await sent(mozart.url), undefined)
  t.equal(await sent(withUser), 'user:p@ss')
  await writeFile(join(cwd, '.netrc'), 'machine 127.0.0.1 login ops password secret\n')
  t.equal(await sent(mozart.url), 'ops:secret')
  t.equal(await sent(withUser), 'ops:secret')
  await writeFile(join(cwd, 'other-netrc'), 'machine elsewhere login a password b\n')
  t.equal(await sent(mozart.url, { NETRC: join(cwd, 'other-netrc') }), undefined)
})

t.test('no output shows the password of mozart_url', async t => {
  const { cwd, store } = await workspace(t)
  for (const status of [301, 308, 400, 500]) {
    const mozart = await startMozart(t, response => answer(response, status, { message: 'no' }, { location: 'http://user:SECRET@127.0.0.1:1/' }))
    const { code, stderr } = await runMet(line(mozart.url.replace('//', '//user:SECRET@'), store), { cwd })
    t.equal(code, 1)
    t.notMatch(stderr, /SECRET/)
  }
})

t.test('http goes through the proxy as a whole url, https by a tunnel, both with the proxy\'s user', async t => {
  const { cwd, store } = await workspace(t)
  const proxy = await startProxy(t)
  const { certFile, keyFile } = await selfSigned(t)
  const plain = await startMozart(t)
  const secure = await startMozart(t, accept, { cert: await readFile(certFile, 'utf8'), key: await readFile(keyFile, 'utf8') })
  const through = proxy.url.replace('//', '//me:pw@')
  t.match(await runMet(line(plain.url, store), { cwd, env: { http_proxy: through } }), { code: 0 })
  t.match(await runMet(line(secure.url, store), { cwd, env: { HTTPS_PROXY: through } }), { code: 0 })
  t.same(proxy.seen, [`POST ${plain.url}/container/add me:pw`, `CONNECT ${secure.origin.replace('https://', '')} me:pw`])
  t.match(await runMet(line(plain.url, store), { cwd, env: { http_proxy: through, no_proxy: '127.0.0.0/8' } }), { code: 0 })
  t.equal(proxy.seen.length, 2)
})

t.test('a proxy that is not there or refuses is a certain failure', async t => {
  const { cwd, store } = await workspace(t)
  const mozart = await startMozart(t)
  const odd = await runMet(line(mozart.url, store), { cwd, env: { http_proxy: 'socks5://127.0.0.1:1' } })
  t.match(odd, { code: 1, stderr: /^container-met: the proxy for http:\/\/ must be an address[^\n]*all_proxy\n$/ })
  t.same(await readdir(store), [])
  const gone = { http_proxy: `http://127.0.0.1:${await freePort()}` }
  t.match(await runMet(line(mozart.url, store), { cwd, env: gone }), { code: 1, last: /ECONNREFUSED.*removed again$/ })
  const refusing = await startMozart(t, response => answer(response, 407, 'who are you?'))
  t.match(await runMet(line(mozart.url, store), { cwd, env: { http_proxy: refusing.origin } }), { code: 1, last: /\(407\): who are you.*proxy's user.*removed again$/ })
  t.same([mozart.requests, await readdir(store)], [[], []])
})
