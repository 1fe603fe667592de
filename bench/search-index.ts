import { Client as ElasticsearchClient } from '@elastic/elasticsearch'
import { Client as OpenSearchClient } from '@opensearch-project/opensearch'
import { SearchDocumentIndex } from '../src/adapters/search/document-index.js'
import { Deadline } from '../src/deadline.js'
import { ABSENT, type Version } from '../src/ports/document-index.js'
import { startEngine } from '../test/engines/engine.js'
import { ENGINE_LINES, type EngineName } from '../test/engines/lines.js'

/**
 * `node dist/bench/search-index.js [engine] [in flight]`: the document index beside the engine's bare official client
 * with the same number of requests in flight.
 */
const name = (process.argv[2] ?? 'elasticsearch-8') as EngineName
const inFlight = Number(process.argv[3] ?? 64)
const IDS = 1000
const SECONDS = 4

const stops: Array<() => unknown> = []
const engine = await startEngine({ teardown: stop => { stops.push(stop as () => unknown) } }, name)
const index = new SearchDocumentIndex({ nodes: [engine.url], timeoutMs: 30_000 })
const elastic = name === 'elasticsearch-8' || name === 'elasticsearch-9'
const bare = elastic
  ? bareElasticsearch(new ElasticsearchClient({ node: engine.url }))
  : bareOpenSearch(new OpenSearchClient({ node: engine.url }))

function bareElasticsearch (client: ElasticsearchClient) {
  return {
    get: (id: string) => client.get({ index: 'containers', id }),
    write: (id: string, document: object) => client.index({ index: 'containers', id, document }),
    close: () => client.close()
  }
}

function bareOpenSearch (client: OpenSearchClient) {
  return {
    get: (id: string) => client.get({ index: 'containers', id }),
    write: (id: string, body: object) => client.index({ index: 'containers', id, body }),
    close: () => client.close()
  }
}

const id = (n: number) => `container-hello_world-${n}:release-20171103`
const json = (n: number, count = 0) => JSON.stringify({
  id: id(n),
  version: 'release-20171103',
  digest: `sha256:${'0123456789abcdef'.repeat(4)}`,
  count,
  url: `s3://s3-us-west-2.amazonaws.com/bucket/container-hello_world-${n}.tar.gz`,
  urls: JSON.stringify({ x86_64: `s3://host/bucket/${n}-x86_64.tar.gz`, arm64: `s3://host/bucket/${n}-arm64.tar.gz` })
})
const ample = () => Deadline.in(30_000)

/** Repeats `work` in `inFlight` loops for a while and prints the rate. */
async function rate (title: string, work: (loop: number, round: number) => Promise<unknown>, loops = inFlight) {
  const latencies: number[] = []
  const run = async (seconds: number, keep: boolean) => {
    const until = performance.now() + seconds * 1000
    await Promise.all(Array.from({ length: loops }, async (_, loop) => {
      for (let round = 0; performance.now() < until; round++) {
        const start = performance.now()
        await work(loop, round)
        if (keep) latencies.push(performance.now() - start)
      }
    }))
  }
  await run(SECONDS / 2, false)
  await run(SECONDS, true)
  latencies.sort((a, b) => a - b)
  const perSecond = Math.round(latencies.length / SECONDS)
  const p50 = latencies[latencies.length >> 1] ?? 0
  console.log(`${title.padEnd(40)} ${String(perSecond).padStart(7)}/s   p50 ${p50.toFixed(2)} ms`)
}

const versions = new Map<number, Version>()
await Promise.all(Array.from({ length: IDS }, async (_, n) => {
  const outcome = await index.put('container', id(n), json(n), ABSENT, ample())
  if (outcome.outcome === 'written') versions.set(n, outcome.version)
}))

console.log(`${name} ${ENGINE_LINES[name].version}, ${inFlight} in flight`)
const any = () => Math.floor(Math.random() * IDS)
await rate('get, one in flight: bare client', () => bare.get(id(any())), 1)
await rate('get, one in flight: document index', () => index.get('container', id(any()), ample()), 1)
await rate('get: bare client', () => bare.get(id(any())))
await rate('get: document index', () => index.get('container', id(any()), ample()))
const blindWrite = (loop: number, round: number) => bare.write(id(loop), JSON.parse(json(loop, round)) as object)
await rate('blind write: bare client', blindWrite)
await rate('blind write, one in flight: bare client', blindWrite, 1)
for (const n of versions.keys()) {
  const stored = await index.get('container', id(n), ample())
  if (stored) versions.set(n, stored.version)
}
async function casWrite (loop: number, round: number): Promise<void> {
  const outcome = await index.put('container', id(loop), json(loop, round), versions.get(loop) ?? ABSENT, ample())
  if (outcome.outcome !== 'written') throw new Error(outcome.outcome)
  versions.set(loop, outcome.version)
}
await rate('conditional write: document index', casWrite)
await rate('read and conditional write: document index', async (loop, round) => {
  await index.get('container', id(loop), ample())
  await casWrite(loop, round)
})
await rate('conditional write, one in flight', casWrite, 1)

let start = performance.now()
await Promise.all(Array.from({ length: 5000 }, (_, n) => index.get('container', id(n % 20), ample())))
console.log(`5,000 gets of 20 ids at once: ${Math.round(performance.now() - start)} ms`)

for (let from = IDS; from < 100_000; from += 5000) {
  await Promise.all(Array.from({ length: 5000 }, async (_, n) =>
    await index.put('container', id(from + n), json(from + n), ABSENT, ample())))
}
await index.refresh('container', ample())
for (const run of ['first', 'second']) {
  const before = process.memoryUsage().rss
  start = performance.now()
  let count = 0
  for await (const page of index.ids('container')) count += page.length
  const grown = Math.round((process.memoryUsage().rss - before) / 1e6)
  console.log(`${run} list of ${count} ids: ${Math.round(performance.now() - start)} ms, ${grown} MB more`)
}
start = performance.now()
let count = 0
for await (const page of index.documents('container')) count += page.length
console.log(`${count} documents: ${Math.round(performance.now() - start)} ms`)

await index.close()
await bare.close()
for (const stop of stops) await stop()
