import { Transform, type TransformCallback } from 'node:stream'
import type { PartLease } from './part-budget.js'

/** What may be read ahead of the budget, so that the body need not wait for every chunk to be taken. */
const AHEAD = 256 * 1024

/** Lets a body through as fast as there are buffers for its parts, and counts its bytes. */
export class Gate extends Transform {
  readonly #lease: PartLease
  readonly #closed = new AbortController()
  #bytes = 0

  constructor (lease: PartLease) {
    super({ highWaterMark: AHEAD })
    this.#lease = lease
  }

  /** Not `size`: lib-storage would take that for the length of the whole. */
  get bytes (): number {
    return this.#bytes
  }

  override _construct (done: TransformCallback): void {
    this.#lease.cover(0, this.#closed.signal).then(() => done(), done)
  }

  override _transform (chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#bytes += chunk.length
    this.push(chunk)
    this.#lease.cover(this.#bytes, this.#closed.signal).then(() => done(), done)
  }

  override _destroy (error: Error | null, done: TransformCallback): void {
    this.#closed.abort()
    done(error)
  }
}
