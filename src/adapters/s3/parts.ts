import { createHash } from 'node:crypto'
import type { Readable } from 'node:stream'
import type { PartLease } from './part-budget.js'

/** A piece of a body in a buffer of the budget, which whoever gets the part gives back. */
export interface Part {
  /** From one. */
  readonly number: number
  readonly buffer: Buffer
  /** What of the buffer is the part: all of it, unless it is the last. */
  readonly length: number
  /** Of the part's bytes, in hex. */
  readonly sha256: string
  readonly isLast: boolean
}

/**
 * Cuts a body into parts of a buffer's size; the last may be smaller, and an empty body is one empty part. Nothing is
 * read before there is a buffer for it. It is hashed chunk by chunk, since a whole part at once would keep the event loop
 * for milliseconds. Throws the body's error; `gone` is to be aborted when the body is.
 */
export async function * partsOf (body: Readable, lease: PartLease, gone: AbortSignal): AsyncGenerator<Part> {
  let number = 1
  let length = 0
  let hash = createHash('sha256')
  let buffer = await lease.take(gone)
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      for (let from = 0; from < chunk.length;) {
        if (length === buffer.length) {
          const full = buffer
          // Not ours any more, whatever comes of it.
          buffer = Buffer.alloc(0)
          yield { number: number++, buffer: full, length, sha256: hash.digest('hex'), isLast: false }
          buffer = await lease.take(gone)
          hash = createHash('sha256')
          length = 0
        }
        const copied = chunk.copy(buffer, length, from)
        hash.update(buffer.subarray(length, length + copied))
        from += copied
        length += copied
      }
    }
    const rest = buffer
    buffer = Buffer.alloc(0)
    yield { number, buffer: rest, length, sha256: hash.digest('hex'), isLast: true }
  } finally {
    if (buffer.length > 0) lease.give(buffer)
  }
}
