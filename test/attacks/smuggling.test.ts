import t from 'tap'
import { attackedSite, statusesOf } from './stand-in-mozart.js'

/** What an attacker hopes to have taken for requests of their own: one for us, one for Mozart. */
const SMUGGLED = 'POST /container/add?name=smuggled%3A1&version=1&digest=d&url=u HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n' +
  'GET /job/smuggled HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'

/** Two servers in a row could disagree on where these end. */
const REFUSED: Record<string, string> = {
  'two lengths': 'Content-Length: 3\r\nContent-Length: 5\r\n\r\nabcde',
  'the same length twice': 'Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc',
  'a list of lengths': 'Content-Length: 3, 3\r\n\r\nabc',
  'a length and chunks': 'Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  'chunks and a length': 'Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n',
  'a length with a sign': 'Content-Length: +3\r\n\r\nabc',
  'a negative length': 'Content-Length: -3\r\n\r\nabc',
  'a hexadecimal length': 'Content-Length: 0x3\r\n\r\nabc',
  'a length with a space in it': 'Content-Length: 3 3\r\n\r\nabc',
  'an empty length': 'Content-Length:\r\n\r\nabc',
  'a length past 64 bits': 'Content-Length: 99999999999999999999999\r\n\r\nabc',
  'a coding that is nearly chunked': 'Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n',
  'the coding identity': 'Transfer-Encoding: identity\r\n\r\nabc',
  'chunked that is not the last coding': 'Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n',
  'two headers of codings': 'Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n',
  'chunked twice': 'Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n',
  'a control character before the coding': 'Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n',
  'a coding in quotes': 'Transfer-Encoding: "chunked"\r\n\r\n0\r\n\r\n',
  'a space before the colon of the coding': 'Transfer-Encoding : chunked\r\nContent-Length: 3\r\n\r\nabc',
  'a space before the colon of the length': 'Content-Length : 3\r\n\r\nabc',
  'a header on two lines': 'X-A: a\r\n b\r\nContent-Length: 3\r\n\r\nabc',
  'a coding on the next line': 'Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n',
  'a chunk whose size is none': 'Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n',
  'a chunk of a negative size': 'Transfer-Encoding: chunked\r\n\r\n-3\r\nabc\r\n0\r\n\r\n',
  'a chunk whose size begins with 0x': 'Transfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n',
  'a chunk size past 64 bits': 'Transfer-Encoding: chunked\r\n\r\nfffffffffffffffffff\r\nabc\r\n0\r\n\r\n',
  'a chunk that is longer than it says': 'Transfer-Encoding: chunked\r\n\r\n3\r\nabcde\r\n0\r\n\r\n',
  'a chunk extension that ends in a bare line feed': 'Transfer-Encoding: chunked\r\n\r\n3;a\nabc\r\n0\r\n\r\n',
  'a chunk extension of 40 KB': `Transfer-Encoding: chunked\r\n\r\n3;${'a'.repeat(40_000)}\r\nabc\r\n0\r\n\r\n`,
  'chunks that end in bare line feeds': 'Transfer-Encoding: chunked\r\n\r\n3\nabc\n0\n\n',
  'a coding in the trailer': 'Transfer-Encoding: chunked\r\n\r\n0\r\nTransfer-Encoding: identity\r\n\r\n',
  'a length in the trailer': 'Transfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 90\r\n\r\n',
  'a trailer with a line of its own that is no header': 'Transfer-Encoding: chunked\r\n\r\n0\r\nGET /job/smuggled HTTP/1.1\r\n\r\n',
  'a header that ends in a bare line feed': 'X-A: b\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  'a bare carriage return in a header': 'X-A: b\rTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  'two carriage returns': 'X-A: b\r\r\n\r\n',
  'a null byte in a header': 'X-A: a\0b\r\n\r\n',
  'a bracket in a header\'s name': 'X(A: b\r\n\r\n',
  'a header without a name': ': b\r\n\r\n'
}

/** Whatever they ask for, it is not a request to us. */
const NO_REQUESTS: Record<string, string> = {
  'bare line feeds throughout': 'GET /job/x HTTP/1.1\nHost: localhost\n\n',
  'a first header that is folded': 'POST /job/x HTTP/1.1\r\n X: y\r\nHost: localhost\r\n\r\n',
  'a path without its slash': 'GET job/x HTTP/1.1\r\nHost: localhost\r\n\r\n',
  'a user before the path': 'GET @evil.example/job/x HTTP/1.1\r\nHost: localhost\r\n\r\n',
  'a space in the target': 'GET /job/x /y HTTP/1.1\r\nHost: localhost\r\n\r\n',
  'the preface of HTTP/2': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  'HTTP/1.2': 'GET /job/x HTTP/1.2\r\nHost: localhost\r\n\r\n',
  'HTTP/9.9': 'GET /job/x HTTP/9.9\r\nHost: localhost\r\n\r\n',
  'a method that there is not': 'FOO /job/x HTTP/1.1\r\nHost: localhost\r\n\r\n'
}

t.test('what two servers could understand differently is one 400, and the connection ends with it', async t => {
  const site = await attackedSite(t)
  const forms = ['/job/x', '/container/add'].flatMap(path => Object.entries(REFUSED)
    .map(([which, rest]) => [`${which}, to ${path}`, `POST ${path} HTTP/1.1\r\nHost: localhost\r\n${rest}`] as const))
  for (const [which, request] of [...forms, ...Object.entries(NO_REQUESTS)]) {
    t.same(statusesOf(await site.exchange(`${request}${SMUGGLED}`)), [400], which)
  }
  t.same((await site.app.inject('/container/list')).json().result, [])
  // A chunk may have been on its way before the one that is none: then Mozart has half a request, and no other.
  t.same(site.seen, [])
  t.notMatch(site.bytesSeen(), /smuggled/)
})

t.test('a second Host is refused: a server in front could go by the other one', async t => {
  const site = await attackedSite(t)
  for (const path of ['/job/x', '/container/list', '/health/live']) {
    const answer = await site.exchange(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n`)
    t.match(answer, /^HTTP\/1\.1 400 [^]*connection: close\r\n[^]*"message": "[^"]*Host/i, path)
  }
  t.same(statusesOf(await site.exchange('GET /job/x HTTP/1.1\r\n\r\n')), [400], 'and so is none')
  t.equal(site.bytesSeen(), '')
})

t.test('CONNECT gets no answer, and goes nowhere', async t => {
  const site = await attackedSite(t)
  for (const request of ['CONNECT evil.example:443 HTTP/1.1\r\nHost: localhost\r\n\r\n', 'CONNECT /job/x HTTP/1.1\r\nHost: localhost\r\n\r\n']) {
    t.equal(await site.exchange(request + SMUGGLED), '', request)
  }
  t.equal(site.bytesSeen(), '')
})

t.test('the absolute form is read for our routes, and nobody else is asked for a stranger', async t => {
  const site = await attackedSite(t)
  const ask = async (line: string) => statusesOf(await site.exchange(`${line} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`))
  t.same(await ask('GET http://localhost/container/list'), [200])
  for (const line of ['GET http://evil.example/job/x', 'GET https://127.0.0.1/job/x', 'GET gopher://x/job/x', 'OPTIONS *',
    'POST http://evil.example/api/v0.1/container%2fnothing', 'GET http://evil.example/container/../job/x']) {
    t.same(await ask(line), [404], line)
  }
  t.equal(site.bytesSeen(), '')
})

t.test('each request reaches Mozart once, framed anew, and with nothing beside it', async t => {
  const body = SMUGGLED
  const inChunks = (...chunks: string[]) => chunks.map(chunk => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join('') + '0\r\n'
  const cases: Record<string, readonly [request: string, seen: string]> = {
    'a request in a body': [`POST /job/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`, `POST /mozart/job/x ${body}`],
    'a request in the body of a GET': [`GET /job/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`, `GET /mozart/job/x ${body}`],
    'a request in the body of a HEAD': [`HEAD /job/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`, `HEAD /mozart/job/x ${body}`],
    'a length that is to be left out': [`POST /job/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\nConnection: close, content-length, host\r\n\r\n${body}`, `POST /mozart/job/x ${body}`],
    'a request in chunks': [`POST /job/x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding:\tChUnKeD\r\nConnection: close\r\n\r\n${inChunks('GET ', '/job/smuggled')}\r\n`, 'POST /mozart/job/x GET /job/smuggled'],
    'chunks with extensions': ['POST /job/x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n3;a="b;c"\r\nabc\r\n0;x\r\n\r\n', 'POST /mozart/job/x abc'],
    'headers in the trailer': [`POST /job/x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n${inChunks('abc')}X-Length: 90\r\nHost: evil.example\r\n\r\n`, 'POST /mozart/job/x abc'],
    'underscores for hyphens': ['POST /job/x HTTP/1.1\r\nHost: localhost\r\nContent_Length: 50\r\nTransfer_Encoding: chunked\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc', 'POST /mozart/job/x abc'],
    'another protocol': ['GET /job/x HTTP/1.1\r\nHost: localhost\r\nConnection: close, Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAM\r\n\r\n', 'GET /mozart/job/x '],
    'empty lines first': ['\r\n\r\nGET /job/x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n', 'GET /mozart/job/x ']
  }
  const site = await attackedSite(t)
  for (const [which, [request, expected]] of Object.entries(cases)) {
    site.seen.length = 0
    t.same(statusesOf(await site.exchange(request)), [200], which)
    t.same(site.seen.map(({ line }) => line), [expected], which)
    const names = (site.seen[0]?.rawHeaders ?? []).filter((_, at) => at % 2 === 0).map(name => name.toLowerCase())
    t.equal(names.filter(name => name === 'host').length, 1, which)
    t.ok(names.filter(name => ['content-length', 'transfer-encoding'].includes(name)).length <= 1, which)
    for (const name of ['te', 'trailer', 'upgrade', 'http2-settings', 'expect']) t.notOk(names.includes(name), `${which}: ${name}`)
  }
  t.same((await site.app.inject('/container/list')).json().result, [])
})

t.test('requests sent without waiting are answered in their order, each by whom it is for', async t => {
  const site = await attackedSite(t)
  const get = (path: string, last = '') => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${last}\r\n`
  const answers = await site.exchange(get('/job/1') + get('/container/list') + get('/container/nothing') + get('/job/2', 'Connection: close\r\n'))
  t.same(statusesOf(answers), [200, 200, 404, 200])
  t.match(answers, /mozart[^]*"result": \[\][^]*404 Not Found[^]*mozart/)
  t.same(site.seen.map(({ line }) => line).sort(), ['GET /mozart/job/1 ', 'GET /mozart/job/2 '])
})

t.test('what follows a refusal that leaves a body unread is not taken for a request', async t => {
  const site = await attackedSite(t)
  for (const line of ['POST /container/nothing', 'PUT /container/add', 'POST /health/live']) {
    const answers = await site.exchange(`${line} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${SMUGGLED.length}\r\nConnection: close\r\n\r\n${SMUGGLED}`)
    t.equal(statusesOf(answers).length, 1, line)
  }
  t.same(site.seen, [])
  t.same((await site.app.inject('/container/list')).json().result, [])
})
