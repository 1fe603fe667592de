import { performance } from 'node:perf_hooks'
import type { Deadline } from '../deadline.js'
import type { BackendHealth } from '../ports/backend-health.js'
import {
  DOCUMENT_KINDS, type ABSENT, type DocumentIndex, type DocumentKind, type DocumentPageOptions, type PageOptions,
  type StoredDocument, type Version, type WriteOutcome
} from '../ports/document-index.js'
import { codeOf, type Metrics } from './metrics.js'
import type { Timing } from './timings.js'

const OPERATIONS = ['get', 'put', 'remove', 'ids', 'documents', 'refresh'] as const

type Operation = typeof OPERATIONS[number]

/** An index whose calls are counted and timed; a page of a list is a call. */
export class ObservedIndex implements DocumentIndex {
  readonly #index: DocumentIndex
  readonly #metrics: Metrics
  readonly #timings: Readonly<Record<Operation, Readonly<Record<DocumentKind, Timing>>>>

  constructor (index: DocumentIndex, metrics: Metrics) {
    this.#index = index
    this.#metrics = metrics
    const timingsOf = (operation: Operation) => Object.fromEntries(DOCUMENT_KINDS.map(kind => (
      [kind, metrics.indexCalls.of({ operation, kind })]))) as Record<DocumentKind, Timing>
    this.#timings = Object.fromEntries(OPERATIONS.map(operation => [operation, timingsOf(operation)])) as
      Record<Operation, Record<DocumentKind, Timing>>
  }

  get changes (): DocumentIndex['changes'] {
    return this.#index.changes
  }

  get (kind: DocumentKind, id: string, deadline: Deadline): Promise<StoredDocument | undefined> {
    return this.#timed('get', kind, this.#index.get(kind, id, deadline))
  }

  put (
    kind: DocumentKind, id: string, json: string, expected: Version | typeof ABSENT, deadline: Deadline
  ): Promise<WriteOutcome> {
    return this.#written(kind, this.#timed('put', kind, this.#index.put(kind, id, json, expected, deadline)))
  }

  remove (kind: DocumentKind, id: string, expected: Version, deadline: Deadline): Promise<WriteOutcome> {
    return this.#written(kind, this.#timed('remove', kind, this.#index.remove(kind, id, expected, deadline)))
  }

  ids (kind: DocumentKind, options?: PageOptions): AsyncIterable<readonly string[]> {
    return this.#pages('ids', kind, this.#index.ids(kind, options))
  }

  documents (kind: DocumentKind, options?: DocumentPageOptions): AsyncIterable<readonly StoredDocument[]> {
    return this.#pages('documents', kind, this.#index.documents(kind, options))
  }

  exists (kind: DocumentKind, deadline: Deadline): Promise<boolean> {
    return this.#index.exists(kind, deadline)
  }

  foreignDocuments (name: string): AsyncIterable<readonly StoredDocument[]> {
    return this.#index.foreignDocuments(name)
  }

  refresh (kind: DocumentKind, deadline: Deadline): Promise<void> {
    return this.#timed('refresh', kind, this.#index.refresh(kind, deadline))
  }

  async health (deadline: Deadline): Promise<BackendHealth> {
    const health = await this.#index.health(deadline)
    this.#metrics.backendUp.set({ backend: 'index' }, health.state === 'up' ? 1 : 0)
    return health
  }

  async close (): Promise<void> {
    await this.#index.close()
  }

  /** The call itself, which waits for nobody who watches it. */
  #timed<T> (operation: Operation, kind: DocumentKind, call: Promise<T>): Promise<T> {
    const timing = this.#timings[operation][kind]
    const began = performance.now()
    call.then(() => { timing.observe((performance.now() - began) / 1000) }, error => {
      timing.observe((performance.now() - began) / 1000)
      this.#metrics.indexErrors.inc({ operation, code: codeOf(error) })
    })
    return call
  }

  async #written (kind: DocumentKind, write: Promise<WriteOutcome>): Promise<WriteOutcome> {
    const written = await write
    this.#metrics.indexWrites.inc({ kind, outcome: written.outcome })
    return written
  }

  async * #pages<Page> (operation: Operation, kind: DocumentKind, pages: AsyncIterable<Page>): AsyncGenerator<Page> {
    const iterator = pages[Symbol.asyncIterator]()
    try {
      for (;;) {
        const page = await this.#timed(operation, kind, Promise.resolve(iterator.next()))
        if (page.done === true) return
        yield page.value
      }
    } finally {
      await iterator.return?.()
    }
  }
}
