import { Transform } from 'node:stream'
import type { TransformCallback } from 'node:stream'
import { LeporelloError } from '../errors.js'
import type { ImageFacts } from './image-facts.js'
import type { ImageRequest } from './image-request.js'
import { BlockSender } from './verification/block-sender.js'
import type { Report } from './verification/messages.js'
import { workerPool } from './verification/worker-pool.js'

// Else the source is stopped after each chunk.
const AHEAD_BYTES = 256 * 1024
const AHEAD_CHUNKS = 4

/**
 * Passes an image tarball through unchanged while a worker thread verifies it.
 *
 * It ends only when the image is proved, and errors as soon as it is refused: what reads from it never sees the end
 * of a bad image, and what writes to it is stopped. Bytes pass before they are judged, so what reads must not keep
 * what does not end.
 */
export class ImageVerifier extends Transform {
  /** The verdict: rejected with the refusal (a `LeporelloError`), or when it is destroyed before that. */
  readonly facts: Promise<ImageFacts>
  readonly #sender: BlockSender
  readonly #onBytes: (bytes: number) => void
  #resolve!: (facts: ImageFacts) => void
  #reject!: (error: Error) => void

  /** `onBytes` is told of each chunk how many bytes have come with it. */
  constructor (request: ImageRequest = {}, onBytes: (bytes: number) => void = () => {}) {
    // By chunk: read as bytes, what has come would be copied into one buffer each time.
    super({ writableHighWaterMark: AHEAD_BYTES, readableObjectMode: true, readableHighWaterMark: AHEAD_CHUNKS })
    this.#onBytes = onBytes
    this.facts = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    // Whoever does not ask for the facts learns of the refusal from the stream.
    this.facts.catch(() => {})
    const port = workerPool.open(request)
    this.#sender = new BlockSender(port)
    port.on('message', (report: Report) => this.#take(report))
    port.on('close', () => this.destroy(failed('its thread ended')))
  }

  override _transform (chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#onBytes(chunk.length)
    this.#sender.send(chunk, () => done(null, chunk))
  }

  override _flush (done: TransformCallback): void {
    this.#sender.end()
    this.facts.then(() => done(), done)
  }

  override _destroy (error: Error | null, done: (error: Error | null) => void): void {
    this.#reject(error ?? new Error('The verification was given up'))
    this.#sender.close()
    done(error)
  }

  #take (report: Report): void {
    if (report.kind === 'read') return this.#sender.takeBack(report.bytes)
    if (report.kind === 'facts') return this.#resolve(report.facts)
    this.destroy(report.kind === 'failed'
      ? failed(report.message)
      : new LeporelloError(report.code, report.message, { details: report.details as Record<string, unknown> }))
  }
}

function failed (reason: string): LeporelloError {
  return new LeporelloError('IMAGE_VERIFIER_FAILED', `The image could not be verified: ${reason}`)
}
