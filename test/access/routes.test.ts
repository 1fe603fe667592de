import t from 'tap'
import { CREDENTIALS, guardedApp } from './guarded-app.js'

/** What a route of the API needs; a new route is not in here, and fails. */
const NEEDS: Readonly<Record<string, 'read' | 'write'>> = {
  'POST /container/add': 'write',
  'POST /container': 'write',
  'GET /container/info': 'read',
  'GET /container': 'read',
  'GET /container/remove': 'write',
  'DELETE /container': 'write',
  'GET /container/list': 'read',
  'POST /container/upload': 'write',
  'PUT /container/upload': 'write',
  'GET /container/tarball/:ulid/:file': 'read',
  'HEAD /container/tarball/:ulid/:file': 'read',
  'POST /container/merge': 'write',
  'POST /container/detach': 'write',
  'POST /container/abandon': 'write',
  'GET /container/pending': 'read',
  'GET /container/resolve': 'read',
  'POST /container/resolve': 'read',
  'GET /container/search': 'read',
  'GET /container/report': 'read',
  'GET /container/history': 'read',
  ...Object.fromEntries(['job_spec', 'hysds_io'].flatMap(kind => [
    [`POST /${kind}/add`, 'write'],
    [`POST /${kind}`, 'write'],
    [`GET /${kind}/type`, 'read'],
    [`GET /${kind}`, 'read'],
    [`GET /${kind}/remove`, 'write'],
    [`DELETE /${kind}`, 'write'],
    [`GET /${kind}/list`, 'read'],
    [`GET /${kind}/history`, 'read']
  ])),
  'GET /job_spec/resolve': 'read',
  'GET /metrics': 'read'
}

/** Of everything that is asked for; enough for each route to come to the catalogue. */
const FIELDS = {
  name: 'container-bar:1',
  id: 'container-bar:1',
  version: '1',
  digest: 'd',
  url: 's3://b/bar.tar',
  architecture: 'arm64',
  arch: 'arm64',
  ids: '["container-bar:1"]',
  spec: '{"id": "container-bar:1"}'
}

const MAY: Readonly<Record<keyof typeof CREDENTIALS, readonly string[]>> = {
  none: [],
  malformed: [],
  'wrong password': [],
  'unknown user': [],
  'wrong token': [],
  'expired token': [],
  reader: ['read'],
  'reading token': ['read'],
  writer: ['read', 'write'],
  'token for container-foo': [],
  administrator: ['read', 'write']
}

/** Whoever has a rule is refused one name, and is shown nothing where many are listed. */
const LISTS = ['GET /container/list', 'GET /job_spec/list', 'GET /hysds_io/list', 'GET /container/search', 'GET /container/report',
  'POST /container/resolve']

const UNKNOWN_TARBALL = /^(?:GET|HEAD) \/container\/tarball/

t.test('every route asks who it is, and lets nobody do more than they may', async t => {
  for (const [who, authorization] of Object.entries(CREDENTIALS)) {
    t.test(who, async t => {
      const app = await guardedApp(t)
      const url = await app.listen({ host: '127.0.0.1', port: 0 })
      for (const [route, need] of Object.entries(NEEDS)) {
        const { status, code } = await ask(url, route, authorization)
        const isKnown = MAY[who as keyof typeof MAY].length > 0 || who === 'token for container-foo'
        const isRestricted = who === 'token for container-foo'
        if (!isKnown) t.strictSame([status, code], [401, 'UNAUTHORIZED'], route)
        else if (isRestricted && (LISTS.includes(route) || UNKNOWN_TARBALL.test(route))) t.not(status, 401, route)
        else if (isRestricted) t.strictSame([status, code], [403, 'FORBIDDEN'], route)
        else if (MAY[who as keyof typeof MAY].includes(need)) t.notOk([401, 403, 500].includes(status), `${route} ${status}`)
        else t.strictSame([status, code], [403, 'FORBIDDEN'], route)
      }
    })
  }
})

t.test('the table above has every route there is', async t => {
  const app = await guardedApp(t)
  const described = (await app.inject('/api/v0.1/openapi.json')).json() as { paths: Record<string, Record<string, object>> }
  const routes = Object.entries(described.paths).flatMap(([path, item]) => Object.keys(item).filter(key => key !== 'servers')
    .map(method => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`))
  t.same(routes.filter(route => !Object.hasOwn(NEEDS, route) && !route.includes('/health/')), [])
  t.equal(routes.filter(route => Object.hasOwn(NEEDS, route)).length, Object.keys(NEEDS).length - 1, 'HEAD is the only one that is not described')
})

t.test('whether the service is well, and what its API is, everybody may know', async t => {
  const app = await guardedApp(t)
  for (const path of ['/health/live', '/health/ready', '/api/v0.1/', '/api/v0.1/doc/', '/api/v0.1/openapi.json', '/api/v0.1/swagger.json']) {
    t.equal((await app.inject(path)).statusCode, 200, path)
  }
})

let asked = 0

/** Over a socket, since uploads need one. */
async function ask (url: string, route: string, authorization: string | undefined) {
  const [method = '', path = ''] = route.split(' ')
  const place = path.replace(':ulid', '01ARZ3NDEKTSV4RRFFQ69G5FAV').replace(':file', 'any.tar')
  const base = path === '/metrics' ? '' : '/api/v0.1'
  const answer = await fetch(`${url}${base}${place}?${new URLSearchParams(FIELDS)}`, {
    method,
    headers: {
      // Many wrong credentials from one address are not looked at any more.
      'x-forwarded-for': `10.0.${++asked >> 8}.${asked & 255}`,
      ...authorization && { authorization },
      ...formHeaders(route)
    },
    ...payloadOf(route)
  })
  await answer.arrayBuffer()
  return { status: answer.status, code: answer.headers.get('x-error-code') }
}

/** A form that says a name and holds no tarball. */
const FORM = ['name', 'version'].map(name => `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${FIELDS[name as 'name']}\r\n`).join('') + '--b--\r\n'

function payloadOf (route: string) {
  if (route === 'POST /container/upload') return { body: FORM }
  return route.startsWith('PUT') ? { body: 'no tarball' } : {}
}

function formHeaders (route: string) {
  return route === 'POST /container/upload' ? { 'content-type': 'multipart/form-data; boundary=b' } : {}
}
