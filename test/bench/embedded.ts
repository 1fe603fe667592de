import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import autocannon from 'autocannon'
import { memory, start, stop, type Measured } from './process.js'

/**
 * `npm run bench`: info, add and list of the service on its embedded catalogue, beside a bare Fastify route in the
 * same run; load generator and servers share this machine. Nothing is asserted: figures are for reading.
 */
const CONNECTIONS = 64
const SECONDS = Number(process.env['LEPORELLO_BENCH_SECONDS'] ?? 5)
const DOCUMENTS = Number(process.env['LEPORELLO_BENCH_DOCUMENTS'] ?? 100_000)

const URLS = '{"x86_64": "s3://b/c.tar.gz", "amd64": "s3://b/c.tar.gz", "arm64": "s3://b/c-arm64.tar.gz", "aarch64": "s3://b/c-arm64.tar.gz"}'
const FORM = { 'content-type': 'application/x-www-form-urlencoded' }

const folder = await mkdtemp(join(tmpdir(), 'leporello-bench-'))
try {
  const bare = await start(new URL('bare.js', import.meta.url), [], '/info', {})
  const service = await start(new URL('../../src/cli/leporello.js', import.meta.url), ['serve'], '/health/live',
    { LEPORELLO_DATA_DIR: folder })
  await measure(bare, service)
  await Promise.all([stop(bare), stop(service)])
} finally {
  await rm(folder, { recursive: true, force: true })
}

async function measure (bare: Measured, service: Measured): Promise<void> {
  print('start to listening', `${service.startMs.toFixed(0)} ms`)
  print('memory at rest', `${memory(service).now} MB`)
  await add(service, ['container-bench:1'])
  const info = `${service.url}/api/v0.1/container/info?id=container-bench:1`
  await load('warm-up', { url: `${bare.url}/info`, duration: 1 })
  await load('warm-up', { url: info, duration: 1 })
  const yardstick = await load('bare route', { url: `${bare.url}/info`, duration: SECONDS })
  const read = await load('info', { url: info, duration: SECONDS })
  print('info / bare', (read / yardstick).toFixed(2))
  let n = 0
  await load('add, durable', {
    url: `${service.url}/api/v0.1/container/add`,
    duration: SECONDS,
    requests: [{ method: 'POST', headers: FORM, setupRequest: request => ({ ...request, body: addBody(`container-${n++}:1`) }) }]
  })
  await measureList(service)
}

async function measureList (service: Measured): Promise<void> {
  const fill = Array.from({ length: DOCUMENTS }, (_, i) => `container-fill-${i}:1`)
  const workers = Array.from({ length: CONNECTIONS }, (_, w) => add(service, fill.filter((_, i) => i % CONNECTIONS === w)))
  await Promise.all(workers)
  const before = memory(service)
  for (const round of [1, 2, 3]) {
    const began = performance.now()
    const answer = await (await fetch(`${service.url}/api/v0.1/container/list`)).text()
    print(`list ${round}`, `${(performance.now() - began).toFixed(0)} ms for ${JSON.parse(answer).result.length} ids`)
  }
  print('memory before, peak', `${before.now} MB, ${memory(service).peak} MB (peak before: ${before.peak} MB)`)
}

async function add ({ url }: Measured, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const { status } = await fetch(`${url}/container/add`, { method: 'POST', headers: FORM, body: addBody(name) })
    if (status !== 200) throw new Error(`${status} for ${name}`)
  }
}

function addBody (name: string): string {
  return new URLSearchParams({ name, version: '1', url: 's3://b/c.tar.gz', resource: 'container', digest: 'sha256:aa', urls: URLS }).toString()
}

async function load (title: string, options: autocannon.Options): Promise<number> {
  const { requests, latency, non2xx, errors } = await autocannon({ connections: CONNECTIONS, ...options })
  if (non2xx + errors > 0) throw new Error(`${title}: ${non2xx} answers were not 2xx, ${errors} errors`)
  if (title !== 'warm-up') {
    print(title, `${Math.round(requests.average)}/s   p50 ${latency.p50} ms   p99 ${latency.p99} ms`)
  }
  return requests.average
}

function print (title: string, text: string): void {
  process.stdout.write(`${title.padEnd(22)}${text}\n`)
}
