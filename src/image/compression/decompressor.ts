import type { Transform } from 'node:stream'
import { LeporelloError } from '../../errors.js'
import type { Compression } from './compression.js'
import { gunzipRefusal, openGunzip } from './gunzip.js'
import { loadZstd } from './zstd-library.js'
import { ZstdStream } from './zstd-stream.js'

/**
 * Decompresses what is written to it, strictly: input that ends early, that is not sound, or that goes on after its
 * last member is a refusal (`IMAGE_TRUNCATED`, `IMAGE_CORRUPT`, `IMAGE_TRAILING_DATA`).
 */
export class Decompressor {
  /** What comes out; its errors are refusals. Read it while writing. */
  readonly output: Transform
  readonly #what: string
  #written = 0
  #wake: () => void = () => {}

  /** `what` begins the sentences of refusals: "The file". */
  static async open (what: string, compression: Exclude<Compression, 'none'>): Promise<Decompressor> {
    return new Decompressor(what, compression === 'gzip' ? openGunzip() : new ZstdStream(what, await loadZstd()))
  }

  private constructor (what: string, output: Transform) {
    this.#what = what
    this.output = output
    for (const event of ['end', 'close', 'error']) output.on(event, () => this.#wake())
  }

  /** Resolves when the chunk was used, and is the caller's again. */
  async write (chunk: Buffer): Promise<void> {
    this.#verifyOpen()
    this.#written += chunk.length
    await new Promise<void>(resolve => {
      // zlib does not answer for a chunk that goes on after the end.
      this.#wake = resolve
      this.output.write(chunk, () => resolve())
    })
    this.#verifyOpen()
  }

  /** Resolves when the output has ended and all input was used. */
  async end (): Promise<void> {
    this.#verifyOpen()
    this.output.end()
    while (!this.output.readableEnded && !this.output.destroyed) await this.#change()
    // Who reads the output aborts it after its end, when not all that was written has been used.
    if (!this.output.readableEnded) throw this.#closed()
    if (this.#used() !== this.#written) throw this.#trailing()
  }

  /** The refusal that an error of `output` means; a refusal stays as it is. */
  refusal (error: NodeJS.ErrnoException): Error {
    if (error instanceof LeporelloError || error.errno === undefined) return error
    // The first header was seen to be one, so this is what follows a member.
    const trailing = error.message === 'incorrect header check'
    return trailing ? this.#trailing() : gunzipRefusal(this.#what, error)
  }

  #verifyOpen (): void {
    // zlib stops at a zero byte after a member and forgets the rest.
    if (this.output.readableEnded) throw this.#trailing()
    if (this.output.destroyed) throw this.#closed()
  }

  #closed (): Error {
    return this.output.errored === null ? new Error('the decompressor was closed') : this.refusal(this.output.errored)
  }

  #change (): Promise<void> {
    return new Promise(resolve => { this.#wake = resolve })
  }

  #used (): number {
    return 'bytesWritten' in this.output ? this.output.bytesWritten as number : this.#written
  }

  #trailing (): LeporelloError {
    return new LeporelloError('IMAGE_TRAILING_DATA', `${this.#what} goes on after the end of its compressed data`)
  }
}

/** Decompresses a source while it is read; what it yields stays as it is when the source uses its chunks again. */
export async function * decompress (
  what: string, compression: Compression, source: AsyncIterable<Buffer>
): AsyncGenerator<Buffer, void, void> {
  if (compression === 'none') return yield * copies(source)
  const decompressor = await Decompressor.open(what, compression)
  const feeding = feed(source, decompressor)
  // Awaited below; a reader that stops early must not leave it unhandled.
  feeding.catch(() => {})
  try {
    for await (const chunk of decompressor.output) yield chunk as Buffer
  } catch (error) {
    throw decompressor.refusal(error as Error)
  } finally {
    decompressor.output.destroy()
  }
  await feeding
}

async function * copies (source: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, void> {
  for await (const chunk of source) yield Buffer.from(chunk)
}

async function feed (source: AsyncIterable<Buffer>, decompressor: Decompressor): Promise<void> {
  try {
    for await (const chunk of source) await decompressor.write(chunk)
    await decompressor.end()
  } catch (error) {
    decompressor.output.destroy(error as Error)
    throw error
  }
}
