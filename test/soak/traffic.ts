import { performance } from 'node:perf_hooks'
import { Pool } from 'undici'
import { tarballOf } from '../uploads/tarballs.js'
import { Latencies } from './latencies.js'
import type { Random } from './random.js'

const ARCHITECTURES = ['amd64', 'arm64', 'ppc64le'] as const

/** Of these clients one uploads; more would have nothing but uploads to wait for. */
const UPLOADERS = 4

/** How large their tarballs are, at least: with and without parts. */
const MEBIBYTES = [0, 1, 12] as const

const uploaded = (client: number) => `container-up-${client}:1`

/** So many names there are of each kind: they are replaced, merged and removed over and over, and the catalogue stays as large. */
const NAMES = 2000

/** Who asks for what has just been removed is told so. */
const EXPECTED = new Set([200, 202, 206, 404])

type Operation = 'info' | 'resolve' | 'list' | 'search' | 'report' | 'add' | 'merge' | 'set' | 'remove' | 'upload' | 'download'

/** Of a thousand requests of a client that does not upload. */
const SHARES: ReadonlyArray<readonly [Operation, number]> = [
  ['info', 480], ['resolve', 200], ['list', 4], ['search', 12], ['report', 2], ['add', 110], ['merge', 90], ['set', 40], ['remove', 12], ['download', 50]
]

/** Counts on from one traffic to the next: an older build is refused. */
let builds = 0

/** Clients of every kind at once, on connections of their own, until they are told to stop. */
export class Traffic {
  readonly #pool: Pool
  readonly #random: Random
  readonly #connections: number
  readonly #latencies = new Map<Operation, Latencies>()
  readonly #unexpected = new Map<string, number>()
  readonly #tarballs: ReadonlyArray<readonly Buffer[]>
  #stopped = false

  constructor (url: string, { connections, random }: { connections: number, random: Random }) {
    this.#pool = new Pool(url, { connections, pipelining: 1, headersTimeout: 60_000, bodyTimeout: 60_000 })
    this.#random = random
    this.#connections = connections
    this.#tarballs = Array.from({ length: UPLOADERS }, (_, client) =>
      MEBIBYTES.map(mebibytes => tarballOf(uploaded(client), { mebibytes })))
  }

  get latencies (): ReadonlyMap<string, Latencies> {
    return this.#latencies
  }

  /** Answers that nobody should get, by what they were to: `add 500`. */
  get unexpected (): ReadonlyMap<string, number> {
    return this.#unexpected
  }

  get requests (): number {
    return [...this.#latencies.values()].reduce((sum, { count }) => sum + count, 0)
  }

  /** Resolves when all are done, after `stop`. */
  async run (): Promise<void> {
    await Promise.all(Array.from({ length: this.#connections }, async (_, client) => {
      while (!this.#stopped) await this.#measured(client < UPLOADERS ? 'upload' : this.#operation(), client)
    }))
    await this.#pool.close()
  }

  stop (): void {
    this.#stopped = true
  }

  #operation (): Operation {
    let at = this.#random.below(1000)
    for (const [operation, share] of SHARES) if ((at -= share) < 0) return operation
    return 'info'
  }

  async #measured (operation: Operation, client: number): Promise<void> {
    const latencies = this.#latencies.get(operation) ?? new Latencies()
    this.#latencies.set(operation, latencies)
    const began = performance.now()
    let outcome: number | string
    try {
      outcome = await this.#do(operation, client)
    } catch (error) {
      outcome = (error as NodeJS.ErrnoException).code ?? (error as Error).message
    }
    latencies.add(performance.now() - began)
    if (typeof outcome === 'number' && EXPECTED.has(outcome)) return
    const what = `${operation} ${outcome}`
    this.#unexpected.set(what, (this.#unexpected.get(what) ?? 0) + 1)
  }

  async #do (operation: Operation, client: number): Promise<number> {
    const name = `container-soak-${this.#random.below(NAMES)}:1`
    const architecture = this.#random.one(ARCHITECTURES)
    const urls = JSON.stringify({ [architecture]: `s3://b/${name}-${architecture}-${this.#random.below(1e6)}.tar.gz` })
    switch (operation) {
      case 'info': return await this.#get(`/container/info?id=${name}`)
      case 'resolve': return await this.#get(`/container/resolve?id=${name}&arch=${architecture}`)
      case 'list': return await this.#get('/container/list')
      case 'search': return await this.#get(`/container/search?q=soak-${this.#random.below(100)}&size=20`)
      case 'report': return await this.#get('/container/report')
      case 'remove': return await this.#get(`/container/remove?id=${name}`)
      case 'add': return await this.#post('/container/add', { name, version: '1', digest: 'sha256:aa', urls })
      case 'merge': return await this.#post('/container/merge', { name, version: '1', urls })
      case 'set': return await this.#set(`container-set-${client}:1`)
      case 'upload': return await this.#upload(client)
      case 'download': return await this.#download(uploaded(this.#random.below(UPLOADERS)))
    }
  }

  /** All architectures of a build, one after the other: the last one shows it. */
  async #set (name: string): Promise<number> {
    const build = String(++builds)
    let status = 0
    for (const architecture of ARCHITECTURES) {
      const urls = JSON.stringify({ [architecture]: `s3://b/${name}-${architecture}-${build}.tar.gz` })
      status = await this.#post('/container/merge', { name, version: '1', build, expect: ARCHITECTURES.join(','), urls })
    }
    return status
  }

  async #upload (client: number): Promise<number> {
    const query = new URLSearchParams({ name: uploaded(client), version: '1' })
    return await this.#send({
      method: 'PUT', path: `/container/upload?${query}`, headers: { 'content-type': 'application/x-tar' }, body: this.#random.one(this.#tarballs[client]!)
    })
  }

  async #download (name: string): Promise<number> {
    const { statusCode, body } = await this.#pool.request({ method: 'GET', path: `/container/info?id=${name}` })
    const { result } = await body.json() as { result?: { url: string } }
    if (statusCode !== 200 || result === undefined) return statusCode
    const start = this.#random.below(4096)
    return await this.#send({ method: 'GET', path: new URL(result.url).pathname, headers: { range: `bytes=${start}-${start + 65_535}` } })
  }

  #get (path: string): Promise<number> {
    return this.#send({ method: 'GET', path })
  }

  #post (path: string, fields: Record<string, string>): Promise<number> {
    return this.#send({
      method: 'POST', path, headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: new URLSearchParams(fields).toString()
    })
  }

  async #send (request: { method: 'GET' | 'POST' | 'PUT', path: string, headers?: Record<string, string>, body?: string | Buffer }): Promise<number> {
    const { statusCode, body } = await this.#pool.request(request)
    await body.dump({ limit: Infinity })
    return statusCode
  }
}
