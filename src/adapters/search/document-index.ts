import type { Deadline } from '../../deadline.js'
import { LeporelloError } from '../../errors.js'
import type { BackendHealth } from '../../ports/backend-health.js'
import type { ChangeLog, LoggedKind } from '../../ports/change-log.js'
import {
  DOCUMENT_KINDS, type ABSENT, type DocumentIndex, type DocumentKind, type DocumentPageOptions, type PageOptions,
  type StoredDocument, type Version, type WriteOutcome
} from '../../ports/document-index.js'
import { SearchChangeLog } from './change-log.js'
import { Engine } from './engine.js'
import { engineUnavailable, faultIn, isIndexMissing, parseAnswer, refused, unreachable } from './errors.js'
import { IndexIdentity } from './index-identity.js'
import { IdList } from './id-list.js'
import { byUtf8, listIds } from './listing.js'
import { INDEX_BODIES } from './mapping.js'
import { isFault, MultiGet } from './multi-get.js'
import { INDEX_NAMES, type SearchIndexOptions } from './options.js'
import { Reads } from './reads.js'
import { Refreshes } from './refreshes.js'
import { TargetIndex } from './target-index.js'
import { Writes } from './writes.js'

const ID_PAGE = 10_000
const DOCUMENT_PAGE = 500

interface Lanes {
  readonly index: TargetIndex
  readonly documents: MultiGet
  readonly reads: Reads
  readonly writes: Writes
  readonly refreshes: Refreshes
  readonly ids: IdList
}

/**
 * Documents in a search engine: Elasticsearch 7 to 9 or OpenSearch 1 to 3, one index a kind. Nothing is asked of the
 * engine before it is needed; what it refuses, and that it is gone, is told as the port says.
 */
export class SearchDocumentIndex implements DocumentIndex {
  readonly changes: ChangeLog
  readonly #engine: Engine
  readonly #lanes: Readonly<Record<DocumentKind, Lanes>>

  constructor (options: SearchIndexOptions) {
    const engine = new Engine(options)
    this.#engine = engine
    this.#lanes = Object.fromEntries(DOCUMENT_KINDS.map(kind => {
      const index = new TargetIndex(engine, options.indices?.[kind] ?? INDEX_NAMES[kind], INDEX_BODIES[kind])
      const documents = new MultiGet(engine, index)
      const reads = new Reads(index, documents, options.observer)
      const writes = new Writes(engine, index, options.observer)
      const refreshes = new Refreshes(engine, index)
      return [kind, { index, documents, reads, writes, refreshes, ids: new IdList(engine, index, refreshes) }]
    })) as Record<DocumentKind, Lanes>
    const identityOf = (kind: LoggedKind) => new IndexIdentity(engine, this.#lanes[kind].index)
    const log = new TargetIndex(engine, options.indices?.history ?? INDEX_NAMES.history, INDEX_BODIES.history)
    this.changes = new SearchChangeLog(engine, log, {
      container: identityOf('container'), job_spec: identityOf('job_spec'), hysds_io: identityOf('hysds_io'), sets: identityOf('sets')
    }, options.observer)
  }

  get (kind: DocumentKind, id: string, deadline: Deadline): Promise<StoredDocument | undefined> {
    return this.#lanes[kind].reads.get(id, deadline)
  }

  put (
    kind: DocumentKind, id: string, json: string, expected: Version | typeof ABSENT, deadline: Deadline
  ): Promise<WriteOutcome> {
    return this.#lanes[kind].writes.write({ id, json, expected }, deadline)
  }

  remove (kind: DocumentKind, id: string, expected: Version, deadline: Deadline): Promise<WriteOutcome> {
    return this.#lanes[kind].writes.write({ id, expected }, deadline)
  }

  async * ids (kind: DocumentKind, { deadline, ...options }: PageOptions = {}): AsyncIterable<readonly string[]> {
    yield * slices(await this.#lanes[kind].ids.all(deadline), options)
  }

  async * documents (
    kind: DocumentKind, { pageSize = DOCUMENT_PAGE, ...options }: DocumentPageOptions = {}
  ): AsyncIterable<readonly StoredDocument[]> {
    const { index, documents } = this.#lanes[kind]
    yield * this.#scan(index, documents, { ...options, pageSize: Math.min(pageSize, DOCUMENT_PAGE) })
  }

  /** The documents as of when each page is read; those removed since the ids were listed are left out. */
  async * #scan (
    index: TargetIndex, documents: MultiGet, options: DocumentPageOptions
  ): AsyncIterable<readonly StoredDocument[]> {
    const { openOnly = false, deadline } = options
    const routings = new Map<string, string>()
    for (const ids of slices(await listIds(this.#engine, index, { openOnly, deadline, routings }), options)) {
      for await (const answer of documents.read(ids, { routings })) {
        const page = answer.flatMap(outcome => {
          if (isFault(outcome)) throw refused(`reads of the index "${index.name}"`, outcome.fault)
          return outcome === undefined || (openOnly && !isOpen(outcome)) ? [] : outcome
        })
        if (page.length > 0) yield page
      }
    }
  }

  async exists (kind: DocumentKind, deadline: Deadline): Promise<boolean> {
    try {
      return await this.#isThere(this.#lanes[kind].index, deadline)
    } catch (error) {
      throw unreachable(error)
    }
  }

  async * foreignDocuments (name: string): AsyncIterable<readonly StoredDocument[]> {
    const index = new TargetIndex(this.#engine, name, {})
    if (!await this.#isThere(index, this.#engine.deadline()).catch(error => { throw unreachable(error) })) {
      throw engineUnavailable(`there is no index "${name}"`)
    }
    await new Refreshes(this.#engine, index).refresh(this.#engine.deadline())
    yield * this.#scan(index, new MultiGet(this.#engine, index), { pageSize: DOCUMENT_PAGE })
  }

  refresh (kind: DocumentKind, deadline: Deadline): Promise<void> {
    return this.#lanes[kind].refreshes.refresh(deadline)
  }

  /** Asks for our indices only: what is wrong with somebody else's is not our failure. */
  async health (deadline: Deadline): Promise<BackendHealth> {
    try {
      await Promise.all(DOCUMENT_KINDS.map(kind => this.#isThere(this.#lanes[kind].index, deadline)))
      return { ...this.#identity(), state: 'up' }
    } catch (error) {
      const known = unreachable(error)
      const reason = known instanceof LeporelloError ? known.message : String(known)
      return { ...this.#identity(), state: 'down', reason }
    }
  }

  async close (): Promise<void> {
    await this.#engine.close()
  }

  #identity (): Pick<BackendHealth, 'kind' | 'version'> {
    const { kind, version } = this.#engine.known ?? {}
    return {
      kind: kind === undefined ? 'search engine' : kind === 'opensearch' ? kind : 'elasticsearch',
      ...version !== undefined && { version }
    }
  }

  /** Rejects with the reason when the index does not answer; one that is missing counts as an answer. */
  async #isThere (index: TargetIndex, deadline: Deadline): Promise<boolean> {
    const answer = await this.#engine.send({
      method: 'POST',
      path: `${index.path}/_search`,
      query: 'size=0&track_total_hits=false&allow_partial_search_results=false',
      repeatable: true
    }, deadline)
    const fault = faultIn(answer)
    if (answer.status !== 200) {
      if (!isIndexMissing(fault)) throw refused(`the index "${index.name}"`, fault)
      return false
    }
    if (parseAnswer<{ hits?: object }>(answer).hits === undefined) {
      throw engineUnavailable('what answers for the search engine is no search')
    }
    return true
  }
}

function isOpen ({ json }: StoredDocument): boolean {
  return (JSON.parse(json) as { open?: unknown }).open === true
}

function * slices (ids: readonly string[], { after, pageSize = ID_PAGE }: PageOptions): Generator<readonly string[]> {
  const first = after === undefined ? 0 : ids.findIndex(id => byUtf8(id, after) > 0)
  if (first < 0) return
  for (let at = first; at < ids.length; at += pageSize) yield ids.slice(at, at + pageSize)
}
