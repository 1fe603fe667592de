import t, { type Test } from 'tap'
import { form, testApp } from '../app.js'

async function open (t: Test) {
  const app = await testApp(t)
  const merge = async (name: string, urls: Record<string, string>, more: Record<string, string> = {}) => {
    const fields = { name, version: '1', urls: JSON.stringify(urls), ...more }
    await app.inject({ method: 'POST', url: '/container/merge', ...form(fields) })
  }
  const spec = async (spec: object) => {
    const answer = await app.inject({ method: 'POST', url: '/job_spec/add', ...form({ spec: JSON.stringify(spec) }) })
    t.equal(answer.statusCode, 200)
  }
  const get = async (url: string) => {
    const { statusCode, body } = await app.inject(url)
    return { status: statusCode, ...JSON.parse(body) }
  }
  return { app, merge, spec, get }
}

t.test('resolve gives the image of any spelling of an architecture, under every base', async t => {
  const { merge, get } = await open(t)
  await merge('c:1', { x86_64: 's3://b/x', aarch64: 's3://b/a' })
  await merge('c:1', { s390x: 's3://b/s' }, { version: '2', digest: 'sha256:ss' })
  for (const base of ['/api/v0.1', '/api/v0.2', '']) {
    for (const arch of ['aarch64', 'arm64', 'linux/arm64/v8', 'ARM64']) {
      t.strictSame(await get(`${base}/container/resolve?id=c:1&arch=${arch}`), {
        status: 200,
        success: true,
        message: '',
        result: {
          id: 'c:1', version: '1', architecture: 'arm64', variant: null, url: 's3://b/a', image_id: null, digests: [], sha256: null, size: null, download: null
        }
      })
    }
  }
  t.match(await get('/container/resolve?id=c:1&arch=s390x'), { result: { version: '2', image_id: 'sha256:ss', digests: ['sha256:ss'] } })
})

t.test('what is not there is a 404 with what is, and never another architecture', async t => {
  const { merge, get } = await open(t)
  await merge('c:1', { x86_64: 's3://b/x', aarch64: 's3://b/a', 'amd64/v3': 's3://b/x3' })
  const missing = await get('/container/resolve?id=c:1&arch=s390x')
  t.match(missing, {
    status: 404,
    success: false,
    message: 'c:1 has no image for s390x; it has amd64, arm64, amd64/v3',
    result: { code: 'ARCHITECTURE_MISSING', available: ['amd64', 'arm64', 'amd64/v3'] }
  })
  t.equal((await get('/container/resolve?id=c:1&arch=i386')).status, 404, 'amd64 could run it, and it is another one')
  t.equal((await get('/container/resolve?id=c:1&arch=armv8l')).status, 404)
  t.match(await get('/container/resolve?id=c:1&arch=amd64/v4'), { result: { architecture: 'amd64/v3', variant: 'v3', url: 's3://b/x3' } })
  t.match(await get('/container/resolve?id=c:1&arch=amd64/v2'), { result: { architecture: 'amd64', url: 's3://b/x' } })
  t.match(await get('/container/resolve?id=c:1&arch=s390x&fallback=ppc64le,aarch64'), { result: { architecture: 'arm64' } })
  t.match(await get('/container/resolve?id=c:1&arch=s390x&fallback=ppc64le'), { status: 404 })
  t.match(await get('/container/resolve?id=c:2&arch=amd64'), { status: 404, result: { code: 'CONTAINER_UNKNOWN' } })
  t.match(await get('/container/resolve?id=c:1'), { status: 400, message: /uname/, result: { code: 'PARAMETER_MISSING' } })
  t.match(await get('/container/resolve?id=c:1&arch=aarch46'), { status: 400, result: { code: 'ARCHITECTURE_UNKNOWN', nearest: 'aarch64' } })
  t.match(await get('/container/resolve?id=c:1&arch=amd64&fallback=arm46'), { status: 400, result: { code: 'ARCHITECTURE_UNKNOWN' } })
})

t.test('a legacy document counts as amd64', async t => {
  const { app, get } = await open(t)
  await app.inject({ method: 'POST', url: '/container/add', ...form({ name: 'old', version: '1', digest: 'd', url: 's3://b/old' }) })
  t.match(await get('/container/resolve?id=old&arch=x86_64'), { result: { url: 's3://b/old', architecture: 'amd64' } })
  t.match(await get('/container/resolve?id=old&arch=aarch64'), { status: 404, result: { available: ['amd64'] } })
})

t.test('a batch answers for each id what asking for it alone would', async t => {
  const { app, merge } = await open(t)
  await merge('c:1', { aarch64: 's3://b/a' })
  await merge('c:2', { x86_64: 's3://b/x' })
  const ids = ['c:2', 'c:3', 'c:1', 'c:1', '..', '']
  const expected = [
    { id: 'c:2', success: false, result: { code: 'ARCHITECTURE_MISSING', available: ['amd64'] } },
    { id: 'c:3', success: false, message: 'container not found: c:3', result: { code: 'CONTAINER_UNKNOWN' } },
    { id: 'c:1', success: true, message: '', result: { url: 's3://b/a', architecture: 'arm64' } },
    { id: 'c:1', success: true },
    { id: '..', success: false, message: /^id is "\.\."/, result: { code: 'ID_INVALID' } },
    { id: '', success: false, result: { code: 'ID_INVALID' } }
  ]
  const json = await app.inject({ method: 'POST', url: '/api/v0.1/container/resolve', payload: { ids, arch: 'aarch64' } })
  t.match(json.json(), { success: true, result: expected })
  const sent = await app.inject({ method: 'POST', url: '/container/resolve', ...form({ ids: JSON.stringify(ids), arch: 'arm64' }) })
  t.strictSame(sent.json(), json.json())
  const thousand = await app.inject({ method: 'POST', url: '/container/resolve', payload: { ids: Array(1000).fill('c:1'), arch: 'arm64' } })
  t.equal(thousand.json().result.length, 1000)
  for (const [payload, code] of [
    [{ ids: Array(1001).fill('c:1'), arch: 'arm64' }, 'PARAMETER_INVALID'], [{ ids: 'c:1', arch: 'arm64' }, 'PARAMETER_INVALID'],
    [{ ids: [1], arch: 'arm64' }, 'PARAMETER_INVALID'], [{ ids: '["c:1"', arch: 'arm64' }, 'PARAMETER_INVALID'],
    [{ ids: ['c:1'] }, 'PARAMETER_MISSING'], [{ arch: 'arm64' }, 'PARAMETER_MISSING']
  ] as const) {
    const answer = await app.inject({ method: 'POST', url: '/container/resolve', payload })
    t.match(answer.json(), { success: false, result: { code } })
    t.equal(answer.statusCode, 400)
  }
})

const DEPENDENCIES = [
  { container_image_name: 'own', container_image_url: 's3://b/own', container_image_urls: '{"x86_64": "s3://b/own", "aarch64": "s3://b/own-arm"}', container_mappings: { '/a': '/b' } },
  { container_image_name: 'catalogued', container_image_url: null, runtime_options: { n: 1 } }
]

t.test('a job spec resolves to what a job needs, its dependencies likewise', async t => {
  const { merge, spec, get } = await open(t)
  await merge('c:1', { x86_64: 's3://b/x', aarch64: 's3://b/a' })
  await merge('catalogued', { x86_64: 's3://b/cx', aarch64: 's3://b/ca' })
  await spec({ id: 'job:1', container: 'c:1', imported_worker_files: { '/etc/x': '/x' }, dependency_images: DEPENDENCIES })
  t.match(await get('/job_spec/resolve?id=job:1'), {
    status: 200,
    result: {
      container_image_name: 'c:1',
      container_image_url: 's3://b/x',
      container_image_urls: '{"x86_64": "s3://b/x", "amd64": "s3://b/x", "arm64": "s3://b/a", "aarch64": "s3://b/a"}',
      container_mappings: { '/etc/x': '/x' },
      dependency_images: [
        DEPENDENCIES[0]!,
        { container_image_name: 'catalogued', container_image_url: 's3://b/cx', container_image_urls: /"aarch64": "s3:\/\/b\/ca"/, runtime_options: { n: 1 } }
      ]
    }
  })
  t.match(await get('/api/v0.2/job_spec/resolve?id=job:1&arch=aarch64'), {
    result: {
      container_image_url: 's3://b/a',
      container_image_urls: null,
      dependency_images: [
        { container_image_url: 's3://b/own-arm', container_image_urls: null, container_mappings: { '/a': '/b' } },
        { container_image_url: 's3://b/ca', container_image_urls: null, runtime_options: { n: 1 } }
      ]
    }
  })
})

t.test('an image that a job spec does not name, or that has nothing to load, is missing and not skipped', async t => {
  const { app, merge, spec, get } = await open(t)
  await merge('c:1', { x86_64: 's3://b/x', aarch64: 's3://b/a' })
  await spec({ id: 'object', container: 'c:1', dependency_images: { container_image_name: 'c:1' } })
  t.match(await get('/job_spec/resolve?id=object'), { status: 404, message: /dependency_images of the job spec object must be a list/ })
  await spec({
    id: 'job:1',
    container: 'c:1',
    dependency_images: ['c:1', { container_image_url: 's3://b/x' }, { container_image_name: '..' }, { container_image_name: 'o', container_image_url: 's3://b/' }]
  })
  t.match(await get('/job_spec/resolve?id=job:1'), {
    status: 404,
    result: {
      missing: [
        { container_image_name: '', message: 'dependency_images[0] has no container_image_name' },
        { container_image_name: '', message: 'dependency_images[1] has no container_image_name' },
        { container_image_name: '..', code: 'ID_INVALID', message: /^dependency_images\[2\] is "\.\."/ },
        { container_image_name: 'o', code: 'ARCHITECTURE_MISSING', message: 'o has no image that a worker can load', available: [] }
      ]
    }
  })
  await spec({ id: 'nulls', container: 'c:1', imported_worker_files: null, dependency_images: null })
  t.match(await get('/job_spec/resolve?id=nulls'), { status: 200, result: { container_mappings: {}, dependency_images: { length: 0 } } })
  const urls = { aarch64: 's3://b/own' }
  await spec({ id: 'object of urls', container: 'c:1', dependency_images: [{ container_image_name: 'o', container_image_urls: urls }] })
  const { result } = await get('/job_spec/resolve?id=object%20of%20urls&arch=aarch64')
  t.equal(result.dependency_images[0].container_image_url, 's3://b/own', 'the specification goes first, as for workers')
  t.equal((await get('/job_spec/resolve?id=object%20of%20urls')).result.dependency_images[0].container_image_urls, JSON.stringify(urls))
  for (const query of ['arch=', 'fallback=amd64', 'arch=&fallback=amd64']) {
    t.match(await get(`/job_spec/resolve?id=nulls&${query}`), { status: 400, message: /^arch must be supplied/ }, query)
  }
  t.equal((await app.inject('/job_spec/resolve?id=nulls&fallback=')).statusCode, 200)
})

t.test('a job spec that lacks images is a 404 that names each', async t => {
  const { merge, spec, get } = await open(t)
  await merge('c:1', { x86_64: 's3://b/x' })
  await spec({
    id: 'job:1', container: 'c:1', dependency_images: [...DEPENDENCIES, { container_image_name: 'legacy', container_image_url: 's3://b/old' }]
  })
  t.match(await get('/job_spec/resolve?id=job:1&arch=arm64'), {
    status: 404,
    message: /c:1.*catalogued.*legacy/,
    result: {
      code: 'ARCHITECTURE_MISSING',
      missing: [
        { container_image_name: 'c:1', code: 'ARCHITECTURE_MISSING', available: ['amd64'] },
        { container_image_name: 'catalogued', code: 'CONTAINER_UNKNOWN' },
        { container_image_name: 'legacy', code: 'ARCHITECTURE_MISSING', available: ['amd64'] }
      ]
    }
  })
  t.match(await get('/job_spec/resolve?id=job:1'), { status: 404, result: { missing: [{ container_image_name: 'catalogued' }] } })
  t.match(await get('/job_spec/resolve?id=job:2'), { status: 404, result: { code: 'JOB_SPEC_UNKNOWN' } })
  await spec({ id: 'job:3' })
  t.match(await get('/job_spec/resolve?id=job:3'), { status: 404, message: /names no container/, result: { code: 'CONTAINER_UNKNOWN' } })
})

t.test('a list of more ids than anybody needs is not taken apart, whatever it comes in', async t => {
  const { app } = await open(t)
  const ids = `[${'1,'.repeat(100_000)}1]`
  for (const sent of [form({ ids, arch: 'amd64' }), { payload: `{"ids": ${ids}, "arch": "amd64"}`, headers: { 'content-type': 'application/json' } }]) {
    const answer = await app.inject({ method: 'POST', url: '/container/resolve', ...sent })
    t.strictSame([answer.statusCode, answer.headers['x-error-code']], [413, 'TOO_LARGE'])
  }
})

t.test('a job with more dependencies than any has is refused, and one with many is resolved', async t => {
  const { merge, spec, get } = await open(t)
  await merge('c:1', { amd64: 's3://b/x' })
  const dependencies = (count: number) => Array.from({ length: count }, () => ({ container_image_name: 'c:1' }))
  await spec({ id: 'j:100', container: 'c:1', dependency_images: dependencies(100) })
  await spec({ id: 'j:101', container: 'c:1', dependency_images: dependencies(101) })
  const many = await get('/job_spec/resolve?id=j:100')
  t.strictSame([many.status, many.result.dependency_images.length], [200, 100])
  t.match(await get('/job_spec/resolve?id=j:101'), {
    status: 413, message: 'the job spec j:101 has 101 dependency images; there may be 100', result: { code: 'TOO_LARGE', id: 'j:101' }
  })
})
