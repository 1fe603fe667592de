import { Transform, type TransformCallback } from 'node:stream'
import { LeporelloError } from '../../errors.js'
import { ZstdDecoder } from './zstd-decoder.js'
import type { ZstdLibrary } from './zstd-library.js'

/** Decodes zstd; a few kilobytes can become gigabytes, so it decodes no further than its reader reads. */
export class ZstdStream extends Transform {
  readonly #what: string
  readonly #decoder: ZstdDecoder
  #resume: (() => void) | undefined

  /** `what` begins the sentences of refusals: "The file". */
  constructor (what: string, zstd: ZstdLibrary) {
    super({ readableHighWaterMark: 1024 * 1024 })
    this.#what = what
    this.#decoder = new ZstdDecoder(what, zstd)
  }

  override _transform (chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    const pieces = this.#decoder.decode(chunk)
    const proceed = (): void => {
      try {
        for (let next = pieces.next(); !next.done; next = pieces.next()) {
          const more = this.push(next.value)
          // Its reader may have destroyed it, and the decoder's memory is another's by now.
          if (this.destroyed) return
          if (!more) {
            this.#resume = proceed
            return
          }
        }
      } catch (error) {
        return done(error as Error)
      }
      done()
    }
    proceed()
  }

  override _read (size: number): void {
    const resume = this.#resume
    this.#resume = undefined
    resume?.()
    // Where that ended the chunk, Transform may wait to be read before it takes the next.
    super._read(size)
  }

  override _flush (done: TransformCallback): void {
    done(this.#decoder.complete
      ? null
      : new LeporelloError('IMAGE_TRUNCATED', `${this.#what} ends in the middle of a zstd frame`))
  }

  override _destroy (error: Error | null, done: (error: Error | null) => void): void {
    this.#decoder.free()
    done(error)
  }
}
