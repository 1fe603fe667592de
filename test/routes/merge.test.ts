import t from 'tap'
import { CONTAINER, form, testApp } from '../app.js'

const BASES = ['/api/v0.1', '/api/v0.2', '']
const MERGE = { name: 'container-hello:1.0', version: '1.0' }
const post = (url: string, fields: Record<string, string>, headers: Record<string, string> = {}) => {
  const { payload, headers: type } = form(fields)
  return { method: 'POST' as const, url, payload, headers: { ...type, ...headers } }
}

t.test('merge and detach stand under every base, and take forms and JSON', async t => {
  const app = await testApp(t)
  for (const base of BASES) {
    const first = await app.inject(post(`${base}/container/merge`, { ...MERGE, architecture: 'x86_64', url: 's3://b/x' }))
    t.equal(first.statusCode, 200, first.body)
    t.match(first.json(), { success: true, message: 'container-hello:1.0 created with amd64', result: { url: 's3://b/x' } })
    const payload = { ...MERGE, urls: { aarch64: 's3://b/a' }, digest: 'sha256:aa' }
    const second = await app.inject({ method: 'POST', url: `${base}/container/merge`, payload })
    t.match(second.json(), { message: 'container-hello:1.0 now has arm64', result: { images: [{ architecture: 'arm64', image_id: 'sha256:aa' }] } })
    t.equal(second.json().result.urls, '{"x86_64": "s3://b/x", "amd64": "s3://b/x", "arm64": "s3://b/a", "aarch64": "s3://b/a"}')
    const again = await app.inject({ method: 'POST', url: `${base}/container/merge`, payload })
    t.equal(again.statusCode, 200)
    t.equal(again.json().message, 'container-hello:1.0 already has arm64')
    t.equal(again.headers.etag, second.headers.etag)
    const detached = await app.inject(post(`${base}/container/detach`, { id: MERGE.name, architecture: 'amd64' }))
    t.match(detached.json(), { success: true, message: 'amd64 detached from container-hello:1.0', result: { url: null } })
    const last = await app.inject(post(`${base}/container/detach`, { id: MERGE.name, architecture: 'arm64' }))
    t.equal(last.statusCode, 400)
    t.match(last.json(), { success: false, result: { code: 'LAST_ARCHITECTURE' } })
    t.equal((await app.inject({ method: 'DELETE', url: `${base}/container?id=${MERGE.name}` })).statusCode, 200)
  }
})

t.test('refusals are in our own envelope, with a code and what a program needs', async t => {
  const app = await testApp(t)
  const refusals: Array<[path: string, fields: Record<string, string>, status: number, result: object]> = [
    ['merge', { version: '1', urls: '{}' }, 400, { code: 'PARAMETER_MISSING', parameter: 'name' }],
    ['merge', { name: 'c' }, 400, { code: 'PARAMETER_MISSING' }],
    ['merge', MERGE, 400, { code: 'PARAMETER_MISSING' }],
    ['merge', { ...MERGE, urls: '{"x86-46": "u"}' }, 400, { code: 'ARCHITECTURE_UNKNOWN', key: 'x86-46', nearest: 'x86-64' }],
    ['merge', { ...MERGE, urls: '{"x86_64": "u", "arm64": "v"}', digest: 'd' }, 400, { code: 'DIGEST_MISMATCH' }],
    ['detach', { id: 'c' }, 400, { code: 'PARAMETER_MISSING' }],
    ['detach', { id: 'c', architecture: 'arm64' }, 404, { code: 'CONTAINER_UNKNOWN' }]
  ]
  for (const [path, fields, status, result] of refusals) {
    const answer = await app.inject(post(`/container/${path}`, fields))
    t.equal(answer.statusCode, status, answer.body)
    t.match(answer.json(), { success: false, message: /./, result })
    t.equal(answer.headers['x-error-code'], answer.json().result.code)
  }
  const broken = await app.inject({ method: 'POST', url: '/container/merge', headers: { 'content-type': 'application/json' }, payload: '{"name": "c",' })
  t.match(broken.json(), { success: false, message: 'name must be supplied', result: { code: 'BODY_NOT_UNDERSTOOD', parameter: 'name', body: /JSON object/ } })
  t.same((await app.inject('/container/list')).json().result, [])
})

t.test('what had to be assumed, and versions that differ, are warnings', async t => {
  const app = await testApp(t)
  await app.inject(post('/container/merge', { ...MERGE, architecture: 'amd64', url: 'x' }))
  const { warnings } = (await app.inject(post('/container/merge', { ...MERGE, version: '2.0', architecture: 'armhf', url: 'a' }))).json()
  t.match(warnings, [
    { code: 'ARCHITECTURE_ASSUMED', message: /armhf.*arm\/v7/ }, { code: 'VERSIONS_DIFFER', message: /amd64 1\.0, arm\/v7 2\.0/ }
  ])
})

t.test('an ETag comes with info and with every change, and If-Match holds others off', async t => {
  const app = await testApp(t)
  const info = async () => await app.inject(`/container/info?id=${MERGE.name}`)
  const added = await app.inject(post('/container/add', CONTAINER, { 'if-none-match': '*' }))
  const tag = added.headers.etag as string
  t.match(tag, /^"[0-9a-f]{32}"$/)
  t.equal((await info()).headers.etag, tag)
  t.equal((await app.inject(`/container?id=${MERGE.name}`)).headers.etag, tag)

  const stale = { 'if-match': tag }
  const merged = await app.inject(post('/container/merge', { ...MERGE, architecture: 's390x', url: 's' }, stale))
  t.equal((await info()).headers.etag, merged.headers.etag)
  t.not(merged.headers.etag, tag)

  const merge = await app.inject(post('/container/merge', { ...MERGE, architecture: 's390x', url: 't' }, stale))
  t.equal(merge.statusCode, 412)
  t.match(merge.json(), { success: false, result: { code: 'PRECONDITION_FAILED', etag: merged.headers.etag } })
  for (const request of [
    post('/container/add', CONTAINER, stale), post('/container', CONTAINER, { 'if-none-match': '*' }),
    post('/container/detach', { id: MERGE.name, architecture: 'arm64' }, stale),
    { url: `/container/remove?id=${MERGE.name}`, headers: stale },
    { method: 'DELETE' as const, url: `/container?id=${MERGE.name}`, headers: stale }
  ]) {
    const answer = await app.inject(request)
    t.equal(answer.statusCode, 412, request.url)
    t.equal(answer.headers['x-error-code'], 'PRECONDITION_FAILED', request.url)
  }
  t.equal((await info()).headers.etag, merged.headers.etag, 'nothing was changed')

  const compressed = { 'if-match': (merged.headers.etag as string).replace(/"$/, '-gzip"') }
  const detached = await app.inject(post('/container/detach', { id: MERGE.name, architecture: 'arm64' }, compressed))
  t.equal(detached.statusCode, 200)
  t.equal((await app.inject({ url: `/container/remove?id=${MERGE.name}`, headers: { 'if-match': detached.headers.etag as string } })).statusCode, 200)
  t.equal((await app.inject(post('/container/add', CONTAINER, { 'if-match': '*' }))).statusCode, 412)
  t.equal((await app.inject(post('/container/add', CONTAINER, { 'if-match': 'bare' }))).statusCode, 400)
})

t.test('of many that add with If-None-Match: * at once one creates, and the others are told', async t => {
  const app = await testApp(t)
  const answers = await Promise.all(Array.from({ length: 20 }, (_, n) =>
    app.inject(post('/container/add', { ...CONTAINER, version: `${n}` }, { 'if-none-match': '*' }))))
  t.same(answers.map(({ statusCode }) => statusCode).sort(), [200, ...Array<number>(19).fill(412)])
  const { result } = (await app.inject(`/container/info?id=${MERGE.name}`)).json()
  t.equal(answers[Number(result.version)]?.statusCode, 200)
})

t.test('sources/4, create or add: two pipelines that know nothing of each other lose nothing', async t => {
  const app = await testApp(t)
  for (let round = 0; round < 10; round++) {
    const name = `centos-binary-neutron:${round}`
    const answers = await Promise.all(['x86_64', 'ppc64le'].map(architecture =>
      app.inject(post('/container/merge', { name, version: '1', architecture, url: `s3://b/${round}-${architecture}.tar.gz` }))))
    t.same(answers.map(({ statusCode }) => statusCode), [200, 200])
    const { urls } = (await app.inject(`/container/info?id=${name}`)).json().result
    t.same(JSON.parse(urls), {
      x86_64: `s3://b/${round}-x86_64.tar.gz`, amd64: `s3://b/${round}-x86_64.tar.gz`, ppc64le: `s3://b/${round}-ppc64le.tar.gz`
    })
  }
})

t.test('sources/1, single and both: one architecture first, both later, as container-met.py sends them', async t => {
  const app = await testApp(t)
  const single = {
    name: 'container-name:tag',
    version: '1.0.0',
    url: 's3://bucket/container-name-tag.tar.gz',
    digest: 'sha256:digest',
    resource: 'container',
    urls: '{"x86_64": "s3://bucket/container-name-tag.tar.gz", "amd64": "s3://bucket/container-name-tag.tar.gz"}'
  }
  const arm64 = 's3://bucket/container-name-tag-arm64.tar.gz'
  const both = { ...single, urls: single.urls.replace('}', `, "arm64": "${arm64}", "aarch64": "${arm64}"}`) }
  const info = async () => (await app.inject('/container/info?id=container-name:tag')).json().result
  await app.inject(post('/container/add', single))
  t.match(await info(), { url: single.url, urls: single.urls })
  await app.inject(post('/container/add', both))
  t.match(await info(), { url: single.url, urls: both.urls })
  await app.inject(post('/container/add', single))
  await app.inject(post('/container/merge', { name: single.name, version: '1.0.0', architecture: 'aarch64', url: arm64 }))
  t.match(await info(), { url: single.url, digest: 'sha256:digest', urls: both.urls }, 'merged it is the same as sent together')
})
