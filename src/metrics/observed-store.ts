import { performance } from 'node:perf_hooks'
import type { Readable } from 'node:stream'
import type { Deadline } from '../deadline.js'
import type { ByteRange } from '../domain/byte-range.js'
import type { BackendHealth } from '../ports/backend-health.js'
import type { BufferUse, ImageStore, ListedObject, ObjectFacts, PutOptions, ReadObject, UnfinishedPut } from '../ports/image-store.js'
import { codeOf, type Metrics } from './metrics.js'
import type { Timing } from './timings.js'

const OPERATIONS = ['put', 'createOnce', 'get', 'head', 'remove', 'list', 'unfinished', 'abandon', 'now', 'presign'] as const

type Operation = typeof OPERATIONS[number]

/** A store whose calls are counted and timed; a page of a list is a call, and `get` ends where the bytes begin. */
export class ObservedStore implements ImageStore {
  readonly #images: ImageStore
  readonly #metrics: Metrics
  readonly #timings: Readonly<Record<Operation, Timing>>

  constructor (images: ImageStore, metrics: Metrics) {
    this.#images = images
    this.#metrics = metrics
    this.#timings = Object.fromEntries(OPERATIONS.map(operation => (
      [operation, metrics.storeCalls.of({ operation })]))) as Record<Operation, Timing>
    // A series that begins with 1 has not grown.
    for (const operation of OPERATIONS) metrics.storeErrors.inc({ operation, code: 'STORE_UNAVAILABLE' }, 0)
  }

  get buffers (): BufferUse | undefined {
    return this.#images.buffers
  }

  async put (key: string, body: Readable, options?: PutOptions): Promise<{ readonly size: number }> {
    const onBytes = (bytes: number) => {
      this.#metrics.storeWrittenBytes.inc(bytes)
      options?.onBytes?.(bytes)
    }
    return await this.#timed('put', this.#images.put(key, body, { ...options, onBytes }))
  }

  createOnce (key: string, bytes: Uint8Array): Promise<boolean> {
    return this.#timed('createOnce', this.#images.createOnce(key, bytes))
  }

  get (key: string, range?: ByteRange): Promise<ReadObject | undefined> {
    return this.#timed('get', this.#images.get(key, range))
  }

  head (key: string): Promise<ObjectFacts | undefined> {
    return this.#timed('head', this.#images.head(key))
  }

  remove (key: string): Promise<void> {
    return this.#timed('remove', this.#images.remove(key))
  }

  list (prefix: string, after?: string): AsyncIterable<readonly ListedObject[]> {
    return this.#pages('list', this.#images.list(prefix, after))
  }

  unfinished (startedBefore: Date): AsyncIterable<readonly UnfinishedPut[]> {
    return this.#pages('unfinished', this.#images.unfinished(startedBefore))
  }

  abandon (put: UnfinishedPut): Promise<void> {
    return this.#timed('abandon', this.#images.abandon(put))
  }

  now (): Promise<Date> {
    return this.#timed('now', this.#images.now())
  }

  presign (method: 'GET' | 'HEAD', key: string, seconds: number): Promise<string | undefined> {
    return this.#timed('presign', this.#images.presign(method, key, seconds))
  }

  location (key: string): string {
    return this.#images.location(key)
  }

  async health (deadline: Deadline): Promise<BackendHealth> {
    const health = await this.#images.health(deadline)
    this.#metrics.backendUp.set({ backend: 'store' }, health.state === 'up' ? 1 : 0)
    return health
  }

  async close (): Promise<void> {
    await this.#images.close()
  }

  async #timed<T> (operation: Operation, call: Promise<T>): Promise<T> {
    const began = performance.now()
    try {
      return await call
    } catch (error) {
      const code = codeOf(error)
      // A body that ends in an error, and a range that is not there, are the client's.
      if (code.startsWith('STORE_') || (operation !== 'put' && code === 'OTHER')) this.#metrics.storeErrors.inc({ operation, code })
      throw error
    } finally {
      this.#timings[operation].observe((performance.now() - began) / 1000)
    }
  }

  async * #pages<Page> (operation: Operation, pages: AsyncIterable<Page>): AsyncGenerator<Page> {
    const iterator = pages[Symbol.asyncIterator]()
    try {
      for (;;) {
        const page = await this.#timed(operation, Promise.resolve(iterator.next()))
        if (page.done === true) return
        yield page.value
      }
    } finally {
      await iterator.return?.()
    }
  }
}
