import { LeporelloError } from '../../errors.js'
import type { ZstdLibrary } from './zstd-library.js'

const INPUT_BYTES = 64 * 1024
const OUTPUT_BYTES = 128 * 1024
// ZSTD_inBuffer and ZSTD_outBuffer: an address, a size and a position, 32 bits each.
const BUFFER_STRUCT_BYTES = 12
const POSITION = 8
// Errors are the last values of size_t (ZSTD_isError).
const FIRST_ERROR = 2 ** 32 - 120

const WINDOW_TOO_LARGE = 16
const NO_MEMORY = 64

/**
 * Decodes zstd of any number of frames. Refused are wrong checksums, windows above 128 MiB (the reference decoder's
 * default), and anything else after a frame.
 */
export class ZstdDecoder {
  readonly #what: string
  readonly #zstd: ZstdLibrary
  readonly #context: number
  readonly #memory: number
  // What the decoder expects next: 0 between frames.
  #expected = 0
  #frames = 0
  #freed = false

  /** `what` begins the sentences of refusals: "The file". */
  constructor (what: string, zstd: ZstdLibrary) {
    this.#what = what
    this.#zstd = zstd
    this.#context = zstd.ZSTD_createDCtx()
    this.#memory = zstd.malloc(2 * BUFFER_STRUCT_BYTES + INPUT_BYTES + OUTPUT_BYTES)
    if (this.#context === 0 || this.#memory === 0) throw new Error('there is no memory for zstd')
  }

  /** Whether the input so far ends between two frames. */
  get complete (): boolean {
    return this.#expected === 0
  }

  /** @throws LeporelloError `IMAGE_CORRUPT`, `IMAGE_TRAILING_DATA`, `IMAGE_LIMIT_EXCEEDED` */
  * decode (chunk: Buffer): Generator<Buffer, void, void> {
    for (let start = 0; start < chunk.length; start += INPUT_BYTES) {
      yield * this.#decodePiece(chunk.subarray(start, start + INPUT_BYTES))
    }
  }

  free (): void {
    if (this.#freed) return
    this.#freed = true
    this.#zstd.ZSTD_freeDCtx(this.#context)
    this.#zstd.free(this.#memory)
  }

  * #decodePiece (piece: Buffer): Generator<Buffer, void, void> {
    const input = this.#memory
    const output = input + BUFFER_STRUCT_BYTES
    const source = output + BUFFER_STRUCT_BYTES
    const target = source + INPUT_BYTES
    Buffer.from(this.#zstd.memory.buffer, source, piece.length).set(piece)
    this.#describe(input, source, piece.length)
    let written: number
    do {
      this.#describe(output, target, OUTPUT_BYTES)
      const expected = this.#zstd.ZSTD_decompressStream(this.#context, output, input) >>> 0
      if (expected >= FIRST_ERROR) throw this.#refusal(2 ** 32 - expected)
      if (expected === 0) this.#frames++
      this.#expected = expected
      written = this.#position(output)
      // A copy: the next step overwrites the output.
      if (written > 0) yield Buffer.from(Buffer.from(this.#zstd.memory.buffer, target, written))
    } while (this.#position(input) < piece.length || written === OUTPUT_BYTES)
  }

  #refusal (error: number): Error {
    if (error === NO_MEMORY) return new Error('there is no memory for zstd')
    if (error === WINDOW_TOO_LARGE) {
      return new LeporelloError('IMAGE_LIMIT_EXCEEDED',
        `${this.#what} needs a zstd window of more than 128 MiB; compress it with --long=27 or less`)
    }
    return this.#frames > 0 && this.complete
      ? new LeporelloError('IMAGE_TRAILING_DATA', `${this.#what} goes on after its last zstd frame`)
      : new LeporelloError('IMAGE_CORRUPT', `${this.#what} is not sound zstd (error ${error} of the decoder)`)
  }

  // The memory is looked up each time: it is another one after it has grown.
  #describe (struct: number, address: number, size: number): void {
    const view = new DataView(this.#zstd.memory.buffer, struct, BUFFER_STRUCT_BYTES)
    view.setUint32(0, address, true)
    view.setUint32(4, size, true)
    view.setUint32(POSITION, 0, true)
  }

  #position (struct: number): number {
    return new DataView(this.#zstd.memory.buffer).getUint32(struct + POSITION, true)
  }
}
