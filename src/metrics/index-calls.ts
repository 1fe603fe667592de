import { performance } from 'node:perf_hooks'
import type { DocumentKind } from '../ports/document-index.js'
import { codeOf, type Metrics } from './metrics.js'
import type { Timing } from './timings.js'

export type IndexOperation =
  | 'get' | 'put' | 'remove' | 'ids' | 'documents' | 'foreignDocuments' | 'exists' | 'refresh'
  | 'append' | 'page' | 'trim'

/** What is asked for: documents of ours, those of an index that is none of ours, or the history. */
export type AskedKind = DocumentKind | 'foreign' | 'history'

/** A position in the history that is none was sent by a client. */
const OF_THE_CLIENT = 'PARAMETER_INVALID'

/** Calls of the index for one operation on one kind, counted and timed. To be held on to. */
export class IndexCalls {
  readonly #metrics: Metrics
  readonly #operation: IndexOperation
  readonly #timing: Timing

  constructor (metrics: Metrics, operation: IndexOperation, kind: AskedKind) {
    this.#metrics = metrics
    this.#operation = operation
    this.#timing = metrics.indexCalls.of({ operation, kind })
    metrics.indexErrors.inc({ operation, code: 'INDEX_UNAVAILABLE' }, 0)
  }

  /** The call itself, which waits for nobody who watches it. A value may tell why the call counts as failed all the same. */
  timed<T> (call: Promise<T>, codeIn?: (value: T) => string | undefined): Promise<T> {
    const began = performance.now()
    call.then(value => {
      this.#timing.observe((performance.now() - began) / 1000)
      const code = codeIn?.(value)
      if (code !== undefined) this.#failed(code)
    }, error => {
      this.#timing.observe((performance.now() - began) / 1000)
      const code = codeOf(error)
      if (code !== OF_THE_CLIENT) this.#failed(code)
    })
    return call
  }

  /** The pages of a list, each of which is a call. */
  async * pages<Page> (pages: AsyncIterable<Page>): AsyncGenerator<Page> {
    const iterator = pages[Symbol.asyncIterator]()
    try {
      for (;;) {
        const page = await this.timed(Promise.resolve(iterator.next()))
        if (page.done === true) return
        yield page.value
      }
    } finally {
      await iterator.return?.()
    }
  }

  #failed (code: string): void {
    this.#metrics.indexErrors.inc({ operation: this.#operation, code })
  }
}
