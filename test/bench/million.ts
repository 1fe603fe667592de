import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { CLI } from '../service.js'
import { onBackends, type BenchBackends } from './backends.js'
import { print } from './load.js'
import { forgetPeak, memory, SERVICE, start, stop, type Measured } from './process.js'

/**
 * `npm run bench:million`: a catalogue of a million containers (LEPORELLO_BENCH_DOCUMENTS), embedded, or on a real engine
 * with `-- --engine elasticsearch-8`: import, start, and what list, search, report and info take, with the memory each needs.
 */
const DOCUMENTS = Number(process.env['LEPORELLO_BENCH_DOCUMENTS'] ?? 1_000_000)
const ROUNDS = 3

const QUESTIONS: ReadonlyArray<readonly [title: string, path: string]> = [
  ['info', `/container/info?id=container-many-${DOCUMENTS >> 1}:1`],
  ['list', '/container/list'],
  ['search, first page', '/container/search?q=many&size=100'],
  ['search, few fit', '/container/search?q=many-99999&size=100'],
  ['search, none fits', '/container/search?missing=amd64&size=100'],
  ['report', '/container/report']
]

await onBackends(measure)

async function measure ({ name, folder, env: own }: BenchBackends): Promise<void> {
  // What reads a whole catalogue may take longer than a registration does.
  const env = { ...own, LEPORELLO_INDEX_TIMEOUT_MS: '120000' }
  print(`${DOCUMENTS} containers`, name)
  const lines = join(folder, 'catalogue.ndjson')
  await pipeline(Readable.from(documents()), createWriteStream(lines))
  const began = performance.now()
  await leporello(['import', lines], env)
  const seconds = (performance.now() - began) / 1000
  print('import', `${seconds.toFixed(1)} s, ${Math.round(DOCUMENTS / seconds)}/s, from ${megabytes((await stat(lines)).size)}`)
  if (name === 'embedded') print('file', megabytes((await stat(join(folder, 'data/catalogue.lmdb'))).size))
  const service = await start(SERVICE, '/health/ready', env)
  print('start to ready', `${service.startMs.toFixed(0)} ms, ${memory(service).now} MB`)
  for (const [title, path] of QUESTIONS) await ask(service, title, path)
  await stop(service)
}

async function ask (service: Measured, title: string, path: string): Promise<void> {
  forgetPeak(service)
  const before = memory(service).now
  const took: string[] = []
  let bytes = 0
  for (let round = 0; round < ROUNDS; round++) {
    const began = performance.now()
    const answer = await fetch(`${service.url}${path}`)
    bytes = (await answer.arrayBuffer()).byteLength
    took.push(`${(performance.now() - began).toFixed(0)} ms${answer.status === 200 ? '' : ` (${answer.status})`}`)
  }
  print(title, `${took.join(', ')}; ${megabytes(bytes)}; memory ${before} MB before, ${memory(service).peak} MB at most`)
}

function * documents (): Generator<string> {
  for (let n = 0; n < DOCUMENTS; n++) {
    const id = `container-many-${n}:1`
    const urls = JSON.stringify({ x86_64: `s3://b/${n}.tar.gz`, amd64: `s3://b/${n}.tar.gz`, arm64: `s3://b/${n}-arm64.tar.gz`, aarch64: `s3://b/${n}-arm64.tar.gz` })
    yield `{"kind":"container","id":${JSON.stringify(id)},"document":${JSON.stringify({ id, digest: 'sha256:9f8e', url: `s3://b/${n}.tar.gz`, version: '1', urls })}}\n`
  }
  yield `{"documents":${DOCUMENTS}}\n`
}

async function leporello (args: readonly string[], env: Record<string, string>): Promise<void> {
  const child = spawn(process.execPath, [CLI, ...args], { env: { PATH: process.env['PATH'] ?? '', ...env }, stdio: ['ignore', 'ignore', 'inherit'] })
  const [code] = await once(child, 'exit')
  if (code !== 0) throw new Error(`leporello ${args[0]} ended with ${code}`)
}

function megabytes (bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`
}
