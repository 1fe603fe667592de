import Fastify, { type FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import t, { type Test } from 'tap'
import docs from '../../plugins/docs.js'
import { describeApi } from '../../src/openapi.js'

/** An app with one API route at its three addresses, one at the root and a hidden one. */
async function build (t: Test, scriptName = ''): Promise<FastifyInstance> {
  const fastify = Fastify()
  t.teardown(() => fastify.close())
  fastify.decorateRequest('scriptName', { getter: () => scriptName })
  await fastify.register(fp(async () => {}, { name: 'not-found' }))
  await fastify.register(docs)
  for (const prefix of ['/api/v0.1', '/api/v0.2', '']) {
    await fastify.register(async (api) => {
      const schema = { operationId: 'findContainer', tags: ['container'] }
      api.get('/container/info', { schema }, async () => ({ success: true }))
      api.get('/container/tarball/:ulid/:file', async () => '')
    }, { prefix })
  }
  fastify.get('/health/live', { schema: { operationId: 'isAlive' } }, async () => '')
  fastify.get('/hidden', { schema: { hide: true } }, async () => '')
  return fastify
}

const PAGES = ['/api/v0.1/', '/api/v0.1/doc/', '/api/v0.2/', '/api/v0.2/doc/']

/** Every address in a page, as a browser that has it from `url` resolves it. */
function addresses (html: string, url: string): URL[] {
  const found = [...html.matchAll(/(?:src|href|"url")(?:=|:)"([^"]+)"/g)]
  return found.map(([, address]) => new URL(address ?? '', `http://proxy${url}`))
}

t.test('the pages are complete without another host', async (t) => {
  const app = await build(t)
  for (const url of PAGES) {
    const { statusCode, headers, body } = await app.inject(url)
    t.equal(statusCode, 200, url)
    t.equal(headers['content-type'], 'text/html; charset=utf-8')
    t.match(body, /Swagger UI/)

    const linked = addresses(body, url)
    t.equal(linked.length, 7)
    for (const { host, pathname } of linked) {
      t.equal(host, 'proxy')
      t.equal((await app.inject(pathname)).statusCode, 200, pathname)
    }
    const policy = String(headers['content-security-policy'])
    t.match(policy, "default-src 'none'")
    t.notMatch(policy, /https?:|\*|script-src[^;]*unsafe/)
  }
})

t.test('the pages find everything below the path of a proxy', async (t) => {
  const app = await build(t)
  for (const url of PAGES) {
    const { body } = await app.inject(url)
    for (const { pathname } of addresses(body, `/mozart${url}`)) t.match(pathname, /^\/mozart\/(?:api|swaggerui)\//)
  }
})

t.test('a page without its slash is a permanent redirect', async (t) => {
  const app = await build(t)
  const proxied = await build(t, '/mozart')
  for (const url of ['/api/v0.1', '/api/v0.1/doc', '/api/v0.2', '/api/v0.2/doc']) {
    const answer = await app.inject(url)
    t.equal(answer.statusCode, 308)
    t.equal(answer.headers.location, `${url}/`)
    t.equal((await proxied.inject(url)).headers.location, `/mozart${url}/`)
  }
})

t.test("what else Swagger UI's plugin serves leads to the page", async (t) => {
  const proxied = await build(t, '/mozart')
  for (const url of ['/swaggerui', '/swaggerui/', '/swaggerui/json', '/swaggerui/yaml']) {
    const { statusCode, headers } = await proxied.inject(url)
    t.equal(statusCode, 308, url)
    t.equal(headers.location, '/mozart/api/v0.1/doc/')
  }
})

t.test('openapi.json describes every route once', async (t) => {
  const app = await build(t)
  const { headers, body } = await app.inject('/api/v0.1/openapi.json')
  t.match(headers['content-type'], 'application/json')
  const { openapi, paths, servers } = JSON.parse(body)
  t.equal(openapi, '3.1.0')
  t.strictSame(Object.keys(paths), ['/container/info', '/container/tarball/{ulid}/{file}', '/health/live'])
  t.equal(paths['/container/info'].get.operationId, 'findContainer')
  t.strictSame(servers, [{ url: '/api/v0.1' }, { url: '/api/v0.2' }, { url: '/' }])
})

t.test('what is served at the root only says so', async (t) => {
  const { paths } = JSON.parse((await (await build(t)).inject('/api/v0.2/openapi.json')).body)
  t.strictSame(paths['/health/live'].servers, [{ url: '/' }])
  t.notHas(paths['/container/info'], 'servers')
})

t.test('behind a proxy the descriptions name its paths', async (t) => {
  const app = await build(t, '/mozart')
  const { servers, paths } = JSON.parse((await app.inject('/api/v0.1/openapi.json')).body)
  t.strictSame(servers, [{ url: '/mozart/api/v0.1' }, { url: '/mozart/api/v0.2' }, { url: '/mozart/' }])
  t.strictSame(paths['/health/live'].servers, [{ url: '/mozart/' }])
  t.equal(JSON.parse((await app.inject('/api/v0.2/swagger.json')).body).basePath, '/mozart/api/v0.2')
})

t.test('swagger.json is the one of its version', async (t) => {
  const app = await build(t)
  for (const version of ['v0.1', 'v0.2']) {
    const { headers, body } = await app.inject(`/api/${version}/swagger.json`)
    t.match(headers['content-type'], 'application/json')
    t.match(JSON.parse(body), { swagger: '2.0', basePath: `/api/${version}` })
  }
})

t.test('describeApi is the same description as YAML', async (t) => {
  const app = await build(t)
  await app.ready()
  const yaml = describeApi(app)
  t.match(yaml, /^openapi: 3\.1\.0\n/)
  t.match(yaml, /\n {2}- url: \/api\/v0\.1\n/)
  t.notMatch(yaml, /\/api\/v0\.1\/|swaggerui/)
})

t.test('a page lets no other site frame it, guess its type or learn where its reader came from', async (t) => {
  const app = await build(t)
  for (const url of PAGES) {
    const { headers } = await app.inject(url)
    t.match(headers, {
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'SAMEORIGIN',
      'referrer-policy': 'same-origin',
      'cross-origin-opener-policy': 'same-origin',
      'content-security-policy': /frame-ancestors 'self'/
    }, url)
    t.equal(headers['strict-transport-security'], undefined, 'which would hold for all ports of the host')
  }
  const { headers } = await app.inject('/container/info')
  t.equal(headers['x-frame-options'], undefined, 'and the API is as it was')
})
