import { readFile } from 'node:fs/promises'
import { performance } from 'node:perf_hooks'
import t from 'tap'
import { ascending } from '../../contracts/document-index/helpers.js'
import { startEngine } from '../../engines/engine.js'
import { enginesUnderTest } from '../../engines/under-test.js'
import { startService, type Service } from '../../service.js'
import { ask } from './helpers.js'

const COUNT = 100_000
const A_REQUEST = 5000

/** Of every 100 documents some are as others leave them: ids that no keyword holds, no id, another's, one that is no text. */
function documentAt (n: number): [id: string, source: object] {
  switch (n % 100) {
    case 7: { const id = `long-${'x'.repeat(300)}-${n}`; return [id, { id, url: 's3://b/c' }] }
    case 21: return [`nameless-${n}`, { url: 's3://b/c', owner: { name: 'somebody' } }]
    case 42: return [`copy-${n}`, { id: 'container-0:v1' }]
    case 63: return [`list-${n}`, { id: [`z-${n}`, `a-${n}`] }]
    case 84: return [`\u{1f600}-${n}`, {}]
    case 98: return [`\uff5e-${n}`, {}]
    default: return [`container-${n}:v1`, { id: `container-${n}:v1`, url: 's3://b/c', version: 'v1' }]
  }
}

/** Fills the index as somebody else would; resolves to its ids. */
async function fill (url: string, index: string): Promise<string[]> {
  const all = Array.from({ length: COUNT }, (_, n) => documentAt(n))
  for (let at = 0; at < COUNT; at += A_REQUEST) {
    const lines = all.slice(at, at + A_REQUEST).map(([id, source]) =>
      `${JSON.stringify({ index: { _id: id } })}\n${JSON.stringify(source)}\n`)
    const { status, body } = await ask(`${url}/${index}/_bulk?filter_path=errors`, 'POST', lines.join(''))
    if (status !== 200 || body.errors !== false) throw new Error(`the index is not filled: ${status} ${JSON.stringify(body)}`)
  }
  return all.map(([id]) => id)
}

/** What the service's process holds now, and held at most, in megabytes. */
async function memoryOf ({ process: { pid } }: Service): Promise<{ now: number, peak: number }> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  const megabytes = (name: string) => Math.round(Number(new RegExp(`${name}:\\s*(\\d+) kB`).exec(status)?.[1]) / 1024)
  return { now: megabytes('VmRSS'), peak: megabytes('VmHWM') }
}

for (const name of enginesUnderTest()) {
  t.test(`${name}: 100,000 containers, whoever wrote them, are listed all and in order`, async t => {
    const { url } = await startEngine(t, name)
    // As Mozart's templates make it; nobody refreshes it before the list is asked for.
    const made = await ask(`${url}/containers`, 'PUT', { settings: { number_of_shards: 8, number_of_replicas: 0, refresh_interval: -1 } })
    t.equal(made.status, 200)
    const ids = ascending(await fill(url, 'containers'))
    const service = await startService(t, { LEPORELLO_INDEX_URL: url, LEPORELLO_INDEX_TIMEOUT_MS: '30000' })
    const list = async () => await (await fetch(`${service.url}/api/v0.1/container/list`)).json() as { result: string[] }
    const before = await memoryOf(service)
    for (const round of ['first', 'second']) {
      const began = performance.now()
      const { result } = await list()
      const took = performance.now() - began
      t.equal(result.length, COUNT)
      t.ok(result.every((id, at) => id === ids[at]), `the ${round} list is whole and in the order of bytes`)
      t.comment(`the ${round} list took ${took.toFixed(0)} ms`)
    }
    const after = await memoryOf(service)
    t.comment(`memory grew from ${before.now} MB to ${after.now} MB, at most ${after.peak} MB`)
  })
}
