import { LeporelloError } from '../errors.js'

/** How much of everything an image tarball may have before it is refused; memory is bounded by these alone. */
export interface ImageLimits {
  /** Bytes received. */
  readonly maxBytes: number
  /** Bytes that come out of decompression, those of compressed layers included. */
  readonly maxDecompressedBytes: number
  /** Decompressed bytes for each byte received, once `ratioFloorBytes` have come out. */
  readonly maxRatio: number
  readonly ratioFloorBytes: number
  readonly maxEntries: number
  /** Bytes of one JSON document; the clients that load images stop at 4 MiB too. */
  readonly maxDocumentBytes: number
  /** Bytes of all JSON documents of one archive that are kept; the largest are not. */
  readonly maxMetadataBytes: number
}

const MEBIBYTE = 2 ** 20
const GIBIBYTE = 2 ** 30

export const DEFAULT_LIMITS: ImageLimits = {
  maxBytes: 64 * GIBIBYTE,
  maxDecompressedBytes: 256 * GIBIBYTE,
  maxRatio: 100,
  ratioFloorBytes: 256 * MEBIBYTE,
  maxEntries: 10_000,
  maxDocumentBytes: 4 * MEBIBYTE,
  maxMetadataBytes: 16 * MEBIBYTE
}

/** Counts what an archive costs while it is read and refuses it at the limit, before more is spent on it. */
export class Budget {
  readonly limits: ImageLimits
  #received = 0
  #decompressed = 0
  #entries = 0

  constructor (limits: ImageLimits) {
    this.limits = limits
  }

  get received (): number {
    return this.#received
  }

  receive (bytes: number): void {
    this.#received += bytes
    if (this.#received > this.limits.maxBytes) {
      throw exceeded(`The file is larger than ${this.limits.maxBytes} bytes, the largest that is accepted`)
    }
  }

  decompress (bytes: number): void {
    this.#decompressed += bytes
    if (this.#decompressed > this.limits.maxDecompressedBytes) {
      throw exceeded(`The file decompresses to more than ${this.limits.maxDecompressedBytes} bytes`)
    }
    const allowed = Math.max(this.limits.ratioFloorBytes, this.#received * this.limits.maxRatio)
    if (this.#decompressed > allowed) {
      throw exceeded(`The first ${this.#received} bytes of the file decompress to more than ${allowed} bytes, ` +
        `over ${this.limits.maxRatio} for each: it looks like a decompression bomb`)
    }
  }

  addEntry (): void {
    if (++this.#entries > this.limits.maxEntries) {
      throw exceeded(`The archive has more than ${this.limits.maxEntries} entries`)
    }
  }
}

function exceeded (message: string): LeporelloError {
  return new LeporelloError('IMAGE_LIMIT_EXCEEDED', message)
}
