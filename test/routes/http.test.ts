import t from 'tap'
import { CONTAINER, form, testApp } from '../app.js'

const NOT_FOUND = '{"message":"404 Not Found: The requested URL was not found on the server. If you entered the URL ' +
  'manually please check your spelling and try again.","status_code":404}\n'
const NOT_ALLOWED = '{"message": "The method is not allowed for the requested URL."}\n'

t.test('an unknown path is Mozart\'s 404, to the byte', async t => {
  const app = await testApp(t)
  for (const url of ['/nosuch', '/api/v0.1/container/', '/api/v0.1/container/list/', '/api/v0.1/Container/info',
    '/api/v0.3/container/list', '/%zz', '/api/v0.1/container/%', '/container//nosuch', '/x?%zz']) {
    const answer = await app.inject(url)
    t.equal(answer.statusCode, 404, url)
    t.equal(answer.body, NOT_FOUND, url)
    t.equal(answer.headers['content-type'], 'application/json', url)
    t.equal(answer.headers['access-control-allow-origin'], '*', url)
  }
})

t.test('a wrong method is a 405 that says which there are', async t => {
  const app = await testApp(t)
  const wrong = [
    ['GET', '/api/v0.1/container/add', 'OPTIONS, POST'],
    ['HEAD', '/api/v0.1/container/add', 'OPTIONS, POST'],
    ['PUT', '/container/add', 'OPTIONS, POST'],
    ['POST', '/api/v0.1/container/info', 'GET, HEAD, OPTIONS'],
    ['PATCH', '/api/v0.2/container', 'DELETE, GET, HEAD, OPTIONS, POST'],
    ['TRACE', '/api/v0.1/container/list', 'GET, HEAD, OPTIONS'],
    ['PROPFIND', '/api/v0.1/container/list', 'GET, HEAD, OPTIONS'],
    ['DELETE', '/health/live', 'GET, HEAD, OPTIONS']
  ] as const
  for (const [method, url, allow] of wrong) {
    const answer = await app.inject({ method: method as 'GET', url })
    t.equal(answer.statusCode, 405, `${method} ${url}`)
    t.equal(answer.headers.allow, allow, `${method} ${url}`)
    if (method !== 'HEAD') t.equal(answer.body, NOT_ALLOWED, `${method} ${url}`)
  }
})

t.test('HEAD answers as GET does without a body, and never removes', async t => {
  const app = await testApp(t)
  await app.inject({ method: 'POST', url: '/container/add', ...form(CONTAINER) })
  const url = `/container/info?id=${CONTAINER.name}`
  const [get, head] = [await app.inject(url), await app.inject({ method: 'HEAD', url })]
  t.equal(head.statusCode, 200)
  t.equal(head.body, '')
  t.equal(head.headers['content-length'], String(Buffer.byteLength(get.body)))
  t.equal((await app.inject({ method: 'HEAD', url: '/container/info?id=nope' })).statusCode, 404)
  t.equal((await app.inject({ method: 'HEAD', url: '/container/info', ...form({ id: CONTAINER.name }) })).statusCode, 200)
  for (const base of ['/api/v0.1', '']) {
    for (const kind of ['container', 'job_spec', 'hysds_io']) {
      const answer = await app.inject({ method: 'HEAD', url: `${base}/${kind}/remove?id=${CONTAINER.name}` })
      t.equal(answer.statusCode, 405, kind)
      t.equal(answer.headers.allow, 'GET, OPTIONS')
    }
  }
  t.equal((await app.inject(url)).statusCode, 200, 'still there')
})

t.test('OPTIONS says which methods there are, and answers preflights', async t => {
  const app = await testApp(t)
  const plain = await app.inject({ method: 'OPTIONS', url: '/api/v0.1/container/add' })
  t.equal(plain.statusCode, 200)
  t.equal(plain.body, '')
  t.equal(plain.headers['content-type'], 'text/html; charset=utf-8')
  t.equal(plain.headers.allow, 'OPTIONS, POST')
  t.equal((await app.inject({ method: 'OPTIONS', url: '/nosuch' })).body, NOT_FOUND)
  const preflight = await app.inject({
    method: 'OPTIONS',
    url: '/api/v0.1/container/add',
    headers: {
      origin: 'https://ui.example',
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'X-Foo, content-type'
    }
  })
  t.match(preflight.headers, {
    'access-control-allow-origin': 'https://ui.example',
    'access-control-allow-methods': 'DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT',
    'access-control-allow-headers': 'content-type, x-foo',
    vary: 'Origin'
  })
})

t.test('any origin may read an answer, refusals included', async t => {
  const app = await testApp(t)
  for (const url of ['/container/list', '/container/info', '/nosuch']) {
    const answer = await app.inject({ url, headers: { origin: 'https://ui.example' } })
    t.equal(answer.headers['access-control-allow-origin'], 'https://ui.example', url)
    t.equal(answer.headers.vary, 'Origin', url)
    t.equal(answer.headers['access-control-allow-credentials'], undefined, url)
  }
})

t.test('Accept and Authorization change nothing', async t => {
  const app = await testApp(t)
  const headers = { accept: 'application/xml', authorization: 'Basic eDp5' }
  t.same((await app.inject({ url: '/container/list', headers })).json(), { success: true, message: '', result: [] })
})

t.test('X-Fields shows what is asked for, of refusals too', async t => {
  const app = await testApp(t)
  await app.inject({ method: 'POST', url: '/container/add', ...form(CONTAINER) })
  const masked = async (url: string, fields: string) => {
    const answer = await app.inject({ url, headers: { 'x-fields': fields } })
    return [answer.statusCode, answer.body]
  }
  const info = `/container/info?id=${CONTAINER.name}`
  t.same(await masked(info, '{success}'), [200, '{"success": true}\n'])
  t.same(await masked(info, 'message,success'), [200, '{"message": "", "success": true}\n'])
  t.same(await masked('/container/info?id=nope', 'success'), [404, '{"success": false}\n'])
  t.same(await masked(info, '{success'), [400, '{"message": "Mask parse error: Missing closing bracket"}\n'])
})

t.test('a mask that does not fit is a 400 in flask-restx\'s words, whatever it meets', async t => {
  const app = await testApp(t)
  await app.inject({ method: 'POST', url: '/container/add', ...form(CONTAINER) })
  const inconsistent = [400, '{"message": "Mask error: Mask is inconsistent with model"}\n', 'application/json', '*']
  for (const url of [`/container/info?id=${CONTAINER.name}`, '/container/info?id=nope', '/container/list']) {
    for (const fields of ['success{a}', 'message{a}', '*,message{a}']) {
      const { statusCode, body, headers } = await app.inject({ url, headers: { 'x-fields': fields } })
      t.same([statusCode, body, headers['content-type'], headers['access-control-allow-origin']], inconsistent, `${fields} ${url}`)
    }
  }
  const malformed = await app.inject({ url: '/container/list', headers: { 'x-fields': '{a' } })
  t.equal(malformed.headers['access-control-allow-origin'], '*')
})

t.test('a mask as deep as the document selects in one reading', async t => {
  const app = await testApp(t)
  const deep = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`
  await app.inject({ method: 'POST', url: '/job_spec/add', ...form({ spec: `{"id":"x","b":2,"a":${deep(1500)}}` }) })
  const fields = `result{${'a{'.repeat(1500)}a${'}'.repeat(1500)}}`
  const answer = await app.inject({ url: '/job_spec/type?id=x', headers: { 'x-fields': fields } })
  t.equal(answer.statusCode, 200)
  t.equal(answer.body, `{"result": ${deep(1501).replaceAll(':', ': ')}}\n`)
})

t.test('a malformed mask is refused before anything is changed', async t => {
  const app = await testApp(t)
  const { headers, payload } = form(CONTAINER)
  const answer = await app.inject({ method: 'POST', url: '/container/add', payload, headers: { ...headers, 'x-fields': '{a' } })
  t.equal(answer.statusCode, 400)
  t.same((await app.inject('/container/list')).json().result, [])
})

t.test('doubled slashes redirect, encoded ones are slashes', async t => {
  const app = await testApp(t)
  const answer = await app.inject('/api/v0.1/container//list?x=1')
  t.equal(answer.statusCode, 308)
  t.equal(answer.headers.location, '/api/v0.1/container/list?x=1')
  t.equal((await app.inject('/api/v0.1/container%2Flist')).statusCode, 200)
  t.equal((await app.inject('//api/v0.1/container/list')).statusCode, 200)
})

t.test('a trusted proxy may say under which path the service hangs, left in the path or not', async t => {
  const app = await testApp(t)
  const headers = { 'x-script-name': '/mozart' }
  for (const url of ['/mozart/api/v0.1/container/list', '/api/v0.1/container/list']) {
    t.equal((await app.inject({ url, headers })).statusCode, 200, url)
  }
  t.equal((await app.inject({ url: '/mozart/container//list', headers })).headers.location, '/mozart/container/list')
  t.equal((await app.inject('/mozart/api/v0.1/container/list')).statusCode, 404, 'without the header')
  for (const name of ['//evil.example', '/a/../b c', 'mozart', '/mozart/', '/x\u00e9']) {
    const answer = await app.inject({ url: '/container//list', headers: { 'x-script-name': name } })
    t.equal(answer.headers.location, '/container/list', name)
  }
  const strict = await testApp(t, { env: { LEPORELLO_TRUST_PROXY: 'none' } })
  t.equal((await strict.inject({ url: '/mozart/container/list', headers })).statusCode, 404, 'an untrusted proxy')
})

t.test('a request id is taken over when it is one, and given otherwise', async t => {
  const app = await testApp(t)
  const id = async (sent?: string) =>
    (await app.inject({ url: '/health/live', headers: sent === undefined ? {} : { 'x-request-id': sent } })).headers['x-request-id']
  t.equal(await id('build-7.1:a'), 'build-7.1:a')
  t.match(await id(), /^[0-9a-f-]{36}$/)
  t.match(await id('a b'), /^[0-9a-f-]{36}$/)
  t.match(await id('x'.repeat(129)), /^[0-9a-f-]{36}$/)
})

t.test('health tells live from ready', async t => {
  const app = await testApp(t)
  t.same((await app.inject('/health/live')).json(), { status: 'live' })
  const ready = await app.inject('/health/ready')
  t.equal(ready.statusCode, 200)
  t.match(ready.json(), { status: 'ready', backends: { index: { kind: 'embedded', version: /\d/, state: 'up' } } })
})

t.test('no answer is taken for another type than it says', async t => {
  const app = await testApp(t)
  for (const url of ['/container/list', '/container/info', '/nosuch', '/health/live', '/api/v0.1/swagger.json', '/swaggerui/static/swagger-ui.css']) {
    t.equal((await app.inject(url)).headers['x-content-type-options'], 'nosniff', url)
  }
})

t.test('a tarball that nothing can be stored as is an unknown one, however long its name', async t => {
  const app = await testApp(t)
  for (const url of ['a/b', `${'a'.repeat(1025)}/b`, `${'0'.repeat(26)}/${'b'.repeat(900_000)}`, `${'a'.repeat(900_000)}/b`]) {
    const { statusCode, headers } = await app.inject(`/container/tarball/${url}`)
    t.strictSame([statusCode, headers['x-error-code'], headers['access-control-allow-origin']], [404, 'TARBALL_UNKNOWN', '*'], url.slice(0, 30))
    t.ok(headers['x-request-id'])
  }
})
