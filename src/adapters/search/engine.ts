import { readFileSync } from 'node:fs'
import { Deadline } from '../../deadline.js'
import { engineUnavailable, faultIn, refusal, unreachable } from './errors.js'
import type { EngineKind, SearchIndexOptions } from './options.js'
import {
  NoAnswer, TooLarge, TooLate, type ClientOptions, type SearchAnswer, type SearchClient, type SearchRequest
} from './search-client.js'
import { Waiter } from './waiter.js'

/** Which engine answers. The version is unknown where the kind was given. */
export interface EngineIdentity {
  readonly kind: EngineKind
  readonly version?: string
}

/**
 * The engine behind the nodes. It finds out what it is on first contact and again after a connection failed: the one
 * that comes back may be another.
 */
export class Engine {
  readonly #options: SearchIndexOptions
  readonly #clientOptions: ClientOptions
  readonly #clients = new Map<'elasticsearch' | 'opensearch', Promise<SearchClient>>()
  #identity: Promise<EngineIdentity> | undefined
  #known: EngineIdentity | undefined
  #closed = false

  /** Throws when a node is no URL or the file of certificates cannot be read. */
  constructor (options: SearchIndexOptions) {
    this.#options = options
    this.#clientOptions = clientOptions(options)
  }

  /** How long an answer is waited for where no caller says less. */
  deadline (): Deadline {
    return Deadline.in(this.#options.timeoutMs)
  }

  /**
   * Resolves to the answer, whatever its status. Rejects with `NoAnswer`, with `TooLarge`, or with `INDEX_UNAVAILABLE` when it cannot
   * be found out what the engine is. What was never sent, or may be repeated, is tried on every node and once more:
   * a connection may have gone stale while nobody looked.
   */
  async send (request: SearchRequest, deadline: Deadline): Promise<SearchAnswer> {
    for (let attempt = 0; ; attempt++) {
      const { kind } = await this.#identify(deadline)
      const client = await this.#client(kind)
      if (this.#closed) throw new NoAnswer('this index is closed', false)
      if (deadline.passed) throw new NoAnswer('the time was up before it could be sent', false)
      try {
        const answer = await client.send(request, this.#patience(request, attempt, deadline))
        const isLast = request.repeatable !== true || deadline.passed || attempt >= this.#options.nodes.length - 1
        if (isLast || !isOfAnother(answer)) return answer
      } catch (error) {
        if (error instanceof TooLarge) throw error
        // One that does not answer in time is still what it was.
        if (!(error instanceof TooLate)) this.#identity = undefined
        const again = error instanceof NoAnswer && (!error.sent || request.repeatable === true)
        if (!again || deadline.passed || attempt === this.#options.nodes.length) throw error
      }
    }
  }

  /** A node that hangs must leave time for another one: to be asked the same, or for the caller to look and repeat. */
  #patience ({ repeatable }: SearchRequest, attempt: number, { remaining }: Deadline): number {
    const others = this.#options.nodes.length - 1
    return others > 0 && (repeatable !== true || attempt < others) ? remaining / 2 : remaining
  }

  /** What answered last. */
  get known (): EngineIdentity | undefined {
    return this.#known
  }

  /** One question serves all who wait for it; each leaves at its own deadline. */
  #identify (deadline: Deadline): Promise<EngineIdentity> {
    const waiter = new Waiter<EngineIdentity>(deadline, late => late.reject(
      new NoAnswer('the time was up before it said what it is', false)))
    this.#identity ??= this.#ask().then(identity => {
      this.#known = identity
      return identity
    })
    this.#identity.then(identity => waiter.resolve(identity), error => {
      this.#identity = undefined
      waiter.reject(error)
    })
    return waiter.promise
  }

  /** Lets what is on its way end; from now on nothing is sent. */
  async close (): Promise<void> {
    this.#closed = true
    const clients = [...this.#clients.values()]
    this.#clients.clear()
    for (const client of clients) await (await client).close()
  }

  async #ask (): Promise<EngineIdentity> {
    if (this.#closed) throw new NoAnswer('this index is closed', false)
    if (this.#options.kind) return { kind: this.#options.kind }
    // OpenSearch's client says nothing that any engine would refuse.
    const client = await this.#client('opensearch')
    let answer: SearchAnswer | undefined
    for (let attempt = 0; answer === undefined; attempt++) {
      try {
        const said = await client.send({ method: 'GET', path: '/' }, this.#options.timeoutMs / this.#options.nodes.length)
        if (!isOfAnother(said) || attempt >= this.#options.nodes.length - 1) answer = said
      } catch (error) {
        if (!(error instanceof NoAnswer) || attempt >= this.#options.nodes.length - 1) throw unreachable(error)
      }
    }
    if (answer.status !== 200) throw refusal('GET /', answer)
    return identityOf(answer.text)
  }

  #client (kind: EngineKind): Promise<SearchClient> {
    const which = kind === 'elasticsearch' ? 'elasticsearch' : 'opensearch'
    const made = this.#clients.get(which) ?? makeClient(which, this.#clientOptions)
    this.#clients.set(which, made)
    return made
  }
}

/** After these the clients ask other nodes first. */
const GONE = new Set([502, 503, 504])

/** A proxy whose node is gone answers in its stead; behind another one there may be an engine. */
function isOfAnother (answer: SearchAnswer): boolean {
  return GONE.has(answer.status) && faultIn(answer).type === ''
}

/** Loads only the client that is needed: each brings some megabytes of code. */
async function makeClient (which: 'elasticsearch' | 'opensearch', options: ClientOptions): Promise<SearchClient> {
  if (which === 'opensearch') return new (await import('./opensearch-client.js')).OpenSearchClient(options)
  return new (await import('./elasticsearch-client.js')).ElasticsearchClient(options)
}

function clientOptions (options: SearchIndexOptions): ClientOptions {
  const given = options.nodes.map(node => new URL(node))
  const withUser = given.find(url => url.username !== '')
  const username = options.username ?? decodeURIComponent(withUser?.username ?? '')
  const password = options.password ?? decodeURIComponent(withUser?.password ?? '')
  return {
    nodes: given.map(url => Object.assign(new URL(url), { username: '', password: '' })),
    timeoutMs: options.timeoutMs,
    auth: username === '' ? undefined : { username, password },
    tls: { rejectUnauthorized: options.insecure !== true, ...options.caFile && { ca: readFileSync(options.caFile) } }
  }
}

/** OpenSearch names its distribution, Elasticsearch does not; OpenSearch 1 may claim to be version 7.10.2. */
function identityOf (root: string): EngineIdentity {
  let version: { number?: string, distribution?: string } = {}
  try {
    version = (JSON.parse(root) as { version?: typeof version }).version ?? {}
  } catch {
    // answered below: whatever it is, it is no search engine
  }
  if (typeof version.number !== 'string') {
    throw engineUnavailable('what answers at LEPORELLO_INDEX_URL is no search engine: GET / names no version')
  }
  const major = Number.parseInt(version.number)
  const kind = version.distribution === 'opensearch' ? 'opensearch' : major >= 8 ? 'elasticsearch' : 'elasticsearch7'
  return { kind, version: version.number }
}
