import type { Deadline } from '../deadline.js'
import type { BackendHealth } from '../ports/backend-health.js'
import type { ChangeLog } from '../ports/change-log.js'
import {
  DOCUMENT_KINDS, type ABSENT, type DocumentIndex, type DocumentKind, type DocumentPageOptions, type PageOptions,
  type StoredDocument, type Version, type WriteOutcome
} from '../ports/document-index.js'
import { IndexCalls } from './index-calls.js'
import type { Metrics } from './metrics.js'
import { ObservedChangeLog } from './observed-change-log.js'

const OPERATIONS = ['get', 'put', 'remove', 'ids', 'documents', 'exists', 'refresh'] as const

type Operation = typeof OPERATIONS[number]

/** Nobody knows what became of the write: for its client it failed. */
const UNKNOWN = 'OUTCOME_UNKNOWN'

/** An index whose calls are counted and timed; a page of a list is a call. */
export class ObservedIndex implements DocumentIndex {
  readonly changes: ChangeLog
  readonly #index: DocumentIndex
  readonly #metrics: Metrics
  readonly #calls: Readonly<Record<Operation, Readonly<Record<DocumentKind, IndexCalls>>>>
  readonly #foreign: IndexCalls

  constructor (index: DocumentIndex, metrics: Metrics) {
    this.changes = new ObservedChangeLog(index.changes, metrics)
    this.#index = index
    this.#metrics = metrics
    const callsOf = (operation: Operation) => Object.fromEntries(DOCUMENT_KINDS.map(kind => (
      [kind, new IndexCalls(metrics, operation, kind)]))) as Record<DocumentKind, IndexCalls>
    this.#calls = Object.fromEntries(OPERATIONS.map(operation => [operation, callsOf(operation)])) as
      Record<Operation, Record<DocumentKind, IndexCalls>>
    this.#foreign = new IndexCalls(metrics, 'foreignDocuments', 'foreign')
    for (const operation of ['put', 'remove']) metrics.indexErrors.inc({ operation, code: UNKNOWN }, 0)
  }

  get (kind: DocumentKind, id: string, deadline: Deadline): Promise<StoredDocument | undefined> {
    return this.#calls.get[kind].timed(this.#index.get(kind, id, deadline))
  }

  put (
    kind: DocumentKind, id: string, json: string, expected: Version | typeof ABSENT, deadline: Deadline
  ): Promise<WriteOutcome> {
    return this.#written('put', kind, this.#index.put(kind, id, json, expected, deadline))
  }

  remove (kind: DocumentKind, id: string, expected: Version, deadline: Deadline): Promise<WriteOutcome> {
    return this.#written('remove', kind, this.#index.remove(kind, id, expected, deadline))
  }

  ids (kind: DocumentKind, options?: PageOptions): AsyncIterable<readonly string[]> {
    return this.#calls.ids[kind].pages(this.#index.ids(kind, options))
  }

  documents (kind: DocumentKind, options?: DocumentPageOptions): AsyncIterable<readonly StoredDocument[]> {
    return this.#calls.documents[kind].pages(this.#index.documents(kind, options))
  }

  exists (kind: DocumentKind, deadline: Deadline): Promise<boolean> {
    return this.#calls.exists[kind].timed(this.#index.exists(kind, deadline))
  }

  foreignDocuments (name: string): AsyncIterable<readonly StoredDocument[]> {
    return this.#foreign.pages(this.#index.foreignDocuments(name))
  }

  refresh (kind: DocumentKind, deadline: Deadline): Promise<void> {
    return this.#calls.refresh[kind].timed(this.#index.refresh(kind, deadline))
  }

  async health (deadline: Deadline): Promise<BackendHealth> {
    const health = await this.#index.health(deadline)
    this.#metrics.backendUp.set({ backend: 'index' }, health.state === 'up' ? 1 : 0)
    return health
  }

  async close (): Promise<void> {
    await this.#index.close()
  }

  #written (operation: 'put' | 'remove', kind: DocumentKind, write: Promise<WriteOutcome>): Promise<WriteOutcome> {
    return this.#calls[operation][kind].timed(write, ({ outcome }) => {
      this.#metrics.indexWrites.inc({ kind, outcome })
      return outcome === 'unknown' ? UNKNOWN : undefined
    })
  }
}
