import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import t from 'tap'
import { startEngine } from '../engines/engine.js'
import { ENGINE_LINES } from '../engines/lines.js'
import { enginesUnderTest } from '../engines/under-test.js'
import { startService } from '../service.js'
import { pythonWith } from './python.js'

/** HySDS allows Elasticsearch's client below 7.14, which also talks to 8 and 9, and OpenSearch's from 2.4.1 on. */
const CLIENTS = ['elasticsearch==7.13.4', 'opensearch-py==2.8.0']
const SCRIPT = new URL('../../../test/mozart/hysds-commons.py', import.meta.url).pathname

const [AMD64, ARM64] = ['s3://bucket/foo-1.0.tar.gz', 's3://bucket/foo-1.0-arm64.tar.gz']
const URLS = `{"x86_64": "${AMD64}", "amd64": "${AMD64}", "arm64": "${ARM64}", "aarch64": "${ARM64}"}`
const CONTAINER = { name: 'container-foo:1.0', version: '1.0', digest: 'sha256:aa', url: AMD64, urls: URLS }
const ARM_ONLY = { name: 'container-arm:1.0', version: '1.0', digest: 'sha256:bb', urls: `{"arm64": "${ARM64}"}` }
const JOB_SPEC = '{"id":"job-foo:1.0","container":"container-foo:1.0","soft_time_limit":1.0,' +
  '"params":[{"name":"n","default":12345678901234567890123}],"dependency_images":[]}'
const HYSDS_IO = '{"id":"hysds-io-foo:1.0","job-specification":"job-foo:1.0","component":"mozart","label":"caf\\u00e9"}'

/** What another site exported: a container with fields that only that site knows, and a hysds_io for GRQ. */
const MANIFEST = {
  containers: {
    id: 'container-bar:2.0',
    version: '2024-01-01',
    digest: null,
    url: 'bar.tar.gz',
    urls: '{"x86_64": "bar.tar.gz", "aarch64": "bar-arm64.tar.gz"}',
    owner: { name: 'Zoë', sites: [1, 2] },
    gigabytes: 2.5,
    tags: []
  },
  job_specs: [{ id: 'job-bar:2.0', container: 'container-bar:2.0', params: { not: 'a list' }, version: 2 }],
  hysds_ios: [
    { id: 'hysds-io-bar:2.0', 'job-specification': 'job-bar:2.0', component: 'figaro', params: 'text' },
    { id: 'hysds-io-grq:2.0', 'job-specification': 'job-bar:2.0', component: 'tosca' }
  ]
}

for (const name of enginesUnderTest()) {
  t.test(`HySDS's Python and Leporello share a catalogue in ${name}`, async t => {
    const python = await pythonWith(CLIENTS).catch((error: Error) => {
      if (process.env['CI'] !== undefined) throw error
      t.plan(0, `python3 cannot install ${CLIENTS.join(' and ')}: ${error.message.split('\n')[0]}`)
    })
    if (python === undefined) return
    const engine = await startEngine(t, name)
    const service = await startService(t, { LEPORELLO_INDEX_URL: engine.url, LEPORELLO_LOG_LEVEL: 'info' })
    const base = `${service.url}/api/v0.1`

    async function hysds (command: string, argument?: string, input = ''): Promise<string> {
      const args = [SCRIPT, ENGINE_LINES[name].vendor, engine.url, command, ...argument === undefined ? [] : [argument]]
      const run = promisify(execFile)(python as string, args, { maxBuffer: 2 ** 26 })
      run.child.stdin?.end(input)
      return (await run).stdout
    }
    async function post (path: string, fields: Record<string, string>): Promise<void> {
      const answer = await fetch(`${base}/${path}`, { method: 'POST', body: new URLSearchParams(fields) })
      const text = await answer.text()
      if (answer.status !== 200) throw new Error(`${path} is answered ${answer.status}: ${text}`)
    }
    async function get (path: string): Promise<{ status: number, result: any }> {
      const answer = await fetch(`${base}/${path}`)
      return { status: answer.status, result: (await answer.json() as { result?: unknown }).result }
    }
    /** The ids of all three lists; asking for them shows searches every write so far. */
    const lists = () => Promise.all(['container', 'job_spec', 'hysds_io'].map(async kind =>
      (await get(`${kind}/list`)).result))

    await post('container/add', CONTAINER)
    await post('container/add', ARM_ONLY)
    await post('job_spec/add', { spec: JOB_SPEC })
    await post('job_spec/add', { spec: '{"id":"job-arm:1.0","container":"container-arm:1.0"}' })
    await post('hysds_io/add', { spec: HYSDS_IO })
    await lists()

    t.test('a job gets its container, and each machine its own image', async t => {
      const printed = await hysds('resolve', 'job-foo:1.0')
      t.match(printed, '"default": 12345678901234567890123}', 'with every digit of its spec')
      t.match(printed, '"soft_time_limit": 1.0,')
      const job = JSON.parse(printed)
      t.match(job, { container_image_name: CONTAINER.name, container_image_url: AMD64, container_image_urls: URLS })
      t.same(job.loaded, { x86_64: AMD64, aarch64: ARM64 })
      t.same(job.payload.container_specification, (await get('container/info?id=container-foo:1.0')).result)
    })

    t.test('a container for arm64 alone is found by the name that machine gives itself, and has no url', async t => {
      const job = JSON.parse(await hysds('resolve', 'job-arm:1.0'))
      t.match(job, { container_image_url: null, loaded: { x86_64: null, aarch64: ARM64 } })
      const { downloads, manifest } = JSON.parse(await hysds('export', ARM_ONLY.name))
      t.same(downloads, [ARM64])
      t.equal(manifest.containers.url, null)
    })

    t.test('curl reads the version alone', async t => {
      const answer = await fetch(`${engine.url}/containers/_doc/container-foo:1.0?_source=version`)
      t.same((await answer.json() as { _source: object })._source, { version: '1.0' })
    })

    t.test('more containers than a page holds are all listed', async t => {
      await Promise.all(Array.from({ length: 1100 }, (_, n) =>
        post('container/add', { ...CONTAINER, name: `container-many-${n}:1` })))
      const [containers] = await lists()
      t.equal(containers.length, 1102)
      t.same(JSON.parse(await hysds('ls')).sort(), containers)
      t.same(JSON.parse(await hysds('ids', 'containers')).sort(), containers)
    })

    t.test('sds pkg finds a container\'s specs, removes them all, and brings them back', async t => {
      const { downloads, manifest } = JSON.parse(await hysds('export', CONTAINER.name))
      t.same(downloads, [ARM64, AMD64])
      t.match(manifest, { job_specs: [{ id: 'job-foo:1.0' }], hysds_ios: [{ id: 'hysds-io-foo:1.0', label: 'café' }] })
      t.same(JSON.parse(await hysds('rm', CONTAINER.name)), [
        ['containers', 'container-foo:1.0', 'deleted'],
        ['hysds_ios-mozart', 'hysds-io-foo:1.0', 'deleted'],
        ['job_specs', 'job-foo:1.0', 'deleted']
      ])
      t.equal((await get('container/info?id=container-foo:1.0')).status, 404)
      t.equal(await hysds('export', CONTAINER.name), 'null\n')
      const [containers, ...specs] = await lists()
      t.notOk(containers.includes(CONTAINER.name))
      t.same(specs, [['job-arm:1.0'], []])

      t.same(JSON.parse(await hysds('import', undefined, JSON.stringify(manifest))), ['created', 'created', 'created'])
      t.match((await get('container/info?id=container-foo:1.0')).result, {
        url: 's3://code-bucket/foo-1.0.tar.gz', urls: URLS.replaceAll('s3://bucket/', 's3://code-bucket/')
      })
      t.same((await get('hysds_io/type?id=hysds-io-foo:1.0')).result, JSON.parse(HYSDS_IO))
    })

    t.test('what sds pkg imports is served as it is, listed, replaced and removed', async t => {
      t.same(JSON.parse(await hysds('import', undefined, JSON.stringify(MANIFEST))), Array(4).fill('created'))
      const { result } = await get('container/info?id=container-bar:2.0')
      t.strictSame(result, {
        ...MANIFEST.containers,
        url: 's3://code-bucket/bar.tar.gz',
        urls: '{"x86_64": "s3://code-bucket/bar.tar.gz", "aarch64": "s3://code-bucket/bar-arm64.tar.gz"}'
      })
      t.strictSame((await get('job_spec/type?id=job-bar:2.0')).result, MANIFEST.job_specs[0])
      const [containers, specs, ios] = await lists()
      t.ok(containers.includes('container-bar:2.0'))
      t.same(specs, ['job-arm:1.0', 'job-bar:2.0', 'job-foo:1.0'])
      t.same(ios, ['hysds-io-bar:2.0', 'hysds-io-foo:1.0'], 'and not the one of GRQ')

      await post('container/add', { ...CONTAINER, name: 'container-bar:2.0' })
      const job = JSON.parse(await hysds('resolve', 'job-bar:2.0'))
      t.match(job, { container_image_url: AMD64, container_image_urls: URLS })
      t.equal((await get('container/remove?id=container-bar:2.0')).status, 200)
      t.equal(await hysds('export', 'container-bar:2.0'), 'null\n')
    })

    t.test('what two builds merged is to HySDS what one sent together, and job_spec/resolve gives the same', async t => {
      const name = 'container-merged:1.0'
      for (const [architecture, url] of [['aarch64', ARM64], ['x86_64', AMD64]] as const) {
        await post('container/merge', { name, version: '1.0', architecture, url, digest: `sha256:${architecture}` })
      }
      await post('job_spec/add', { spec: `{"id":"job-merged:1.0","container":"${name}"}` })
      await lists()
      const job = JSON.parse(await hysds('resolve', 'job-merged:1.0'))
      t.same(job.loaded, { x86_64: AMD64, aarch64: ARM64 })
      const { result } = await get('job_spec/resolve?id=job-merged:1.0')
      for (const key of ['container_image_name', 'container_image_url', 'container_image_urls']) t.equal(result[key], job[key], key)
      t.same(JSON.parse(await hysds('export', name)).downloads, [ARM64, AMD64])

      await post('container/detach', { id: name, architecture: 'amd64' })
      t.match(JSON.parse(await hysds('resolve', 'job-merged:1.0')), { container_image_url: null, loaded: { x86_64: null, aarch64: ARM64 } })
      const { downloads, manifest } = JSON.parse(await hysds('export', name))
      t.same([downloads, manifest.containers.url], [[ARM64], null])
      await hysds('import', undefined, JSON.stringify(manifest))
      const { result: imported } = await get(`container/resolve?id=${name}&arch=aarch64`)
      t.match(imported, { url: 's3://code-bucket/foo-1.0-arm64.tar.gz', image_id: 'sha256:aarch64' }, 'what is known of the image comes along')
    })
  })
}
