import { isUtf8 } from 'node:buffer'
import { LeporelloError } from '../../errors.js'
import type { TarEntry, TarEvent } from './tar-entry.js'
import { TarExtensions } from './tar-extensions.js'
import { BLOCK_BYTES, isExtension, parseTarHeader, verifyTarNumbers } from './tar-header.js'
import type { TarHeader } from './tar-header.js'
import type { TarRules } from './tar-rules.js'

const ZEROS = Buffer.alloc(64 * 1024)
const END_BLOCKS = 2
const SLASH = 0x2f
// Where a block of a sparse file's map says whether another follows.
const MAP_CONTINUES = 504

/**
 * Reads a tar from chunks of any size, copying no content. Own code because the libraries skip zero blocks and read
 * on, do not ask for the end mark, take what they can of a broken number, and let names that are not UTF-8 collide.
 *
 * Refusals are `IMAGE_CORRUPT`, `IMAGE_TRUNCATED`, `IMAGE_TRAILING_DATA` and `IMAGE_LIMIT_EXCEEDED`.
 */
export class TarReader {
  readonly #what: string
  readonly #rules: TarRules
  readonly #extensions: TarExtensions
  readonly #block = Buffer.alloc(BLOCK_BYTES)
  #filled = 0
  #zeroBlocks = 0
  #position = 0
  #content = 0
  #padding = 0
  #extension: { readonly header: TarHeader, readonly bytes: Buffer } | undefined
  /** The header of a sparse file whose map has not ended. */
  #mapped: TarHeader | undefined

  /** `what` begins the sentences of refusals: "The archive". */
  constructor (what: string, rules: TarRules) {
    this.#what = what
    this.#rules = rules
    this.#extensions = new TarExtensions(rules)
  }

  * read (chunk: Buffer): Generator<TarEvent, void, void> {
    for (let start = 0; start < chunk.length;) {
      const piece = chunk.subarray(start, start + this.#wanted())
      start += piece.length
      this.#position += piece.length
      yield * this.#take(piece)
    }
  }

  /** @throws LeporelloError `IMAGE_TRUNCATED` when more must follow. */
  end (): void {
    const amid = this.#content > 0 || this.#filled > 0 || this.#extensions.pending ||
      this.#extension !== undefined || this.#mapped !== undefined
    const marked = this.#zeroBlocks === END_BLOCKS
    if (amid || (this.#rules.strict && !marked)) {
      throw new LeporelloError('IMAGE_TRUNCATED', `${this.#what} ends at byte ${this.#position} ` +
        (this.#content > 0 ? `where ${this.#content} bytes of an entry are missing` : 'without its end mark'))
    }
  }

  #wanted (): number {
    if (this.#content > 0 || this.#padding > 0) return this.#content || this.#padding
    return this.#zeroBlocks === END_BLOCKS ? ZEROS.length : BLOCK_BYTES - this.#filled
  }

  * #take (piece: Buffer): Generator<TarEvent, void, void> {
    if (this.#content > 0) {
      yield * this.#readContent(piece)
    } else if (this.#padding > 0) {
      this.#padding -= piece.length
    } else if (this.#zeroBlocks === END_BLOCKS) {
      this.#verifyTrailer(piece)
    } else {
      this.#filled += piece.copy(this.#block, this.#filled)
      if (this.#filled === BLOCK_BYTES) yield * this.#readBlock()
    }
  }

  * #readContent (data: Buffer): Generator<TarEvent, void, void> {
    const { header, bytes } = this.#extension ?? {}
    if (bytes === undefined) {
      yield { kind: 'data', data }
    } else {
      data.copy(bytes, bytes.length - this.#content)
    }
    this.#content -= data.length
    if (this.#content > 0) return
    if (header === undefined) {
      yield { kind: 'end' }
    } else {
      this.#extend(header, bytes!)
    }
  }

  * #readBlock (): Generator<TarEvent, void, void> {
    const block = this.#block
    this.#filled = 0
    if (this.#mapped !== undefined) {
      if (block[MAP_CONTINUES] === 0) yield * this.#beginEntry(this.#mapped)
      return
    }
    if (block.equals(ZEROS.subarray(0, BLOCK_BYTES))) {
      if (this.#extensions.pending) throw this.#corrupt('an extended header has no entry')
      this.#zeroBlocks++
      return
    }
    if (this.#zeroBlocks > 0) throw this.#corrupt('a header follows a zero block')
    const header = this.#attempt(() => this.#headerOf(block))
    if (isExtension(header)) return this.#beginExtension(header)
    if (header.mapContinues) this.#mapped = header
    else yield * this.#beginEntry(header)
  }

  #headerOf (block: Buffer): TarHeader {
    const header = parseTarHeader(block)
    verifyTarNumbers(block, this.#rules.strict)
    return header
  }

  * #beginEntry (header: TarHeader): Generator<TarEvent, void, void> {
    this.#mapped = undefined
    const entry = this.#attempt(() => this.#entryOf(header))
    this.#extensions.clear()
    this.#begin(entry.size)
    yield { kind: 'entry', entry }
    if (entry.size === 0) yield { kind: 'end' }
  }

  #entryOf (header: TarHeader): TarEntry {
    const stated = this.#extensions.size(header)
    const name = this.#extensions.name(header)
    const type = header.untyped && name.at(-1) === SLASH ? 'directory' : header.type as TarEntry['type']
    const hasContent = type === 'file' || type === 'sparse' || type === 'other'
    if (stated > 0 && !hasContent && this.#rules.strict) throw new Error(`it is a ${type} with content`)
    return {
      type: this.#extensions.sparse ? 'sparse' : type,
      name: this.#decode(name),
      link: this.#decode(this.#extensions.link(header)),
      size: hasContent ? stated : 0,
      offset: this.#position
    }
  }

  #decode (bytes: Buffer): string {
    if (this.#rules.strict && !isUtf8(bytes)) throw new Error('its name is not UTF-8')
    return bytes.toString('utf8')
  }

  #beginExtension (header: TarHeader): void {
    if (header.size > this.#rules.maxExtensionBytes) {
      throw new LeporelloError('IMAGE_LIMIT_EXCEEDED', `${this.#what} has an extended header of ${header.size} bytes ` +
        `at byte ${this.#position - BLOCK_BYTES}; at most ${this.#rules.maxExtensionBytes} are accepted`)
    }
    this.#begin(header.size)
    if (header.size === 0) return this.#extend(header, Buffer.alloc(0))
    this.#extension = { header, bytes: Buffer.alloc(header.size) }
  }

  #extend (header: TarHeader, bytes: Buffer): void {
    this.#extension = undefined
    this.#attempt(() => this.#extensions.add(header, bytes))
  }

  #begin (size: number): void {
    this.#content = size
    this.#padding = (BLOCK_BYTES - size % BLOCK_BYTES) % BLOCK_BYTES
  }

  #verifyTrailer (piece: Buffer): void {
    if (this.#rules.strict && !piece.equals(ZEROS.subarray(0, piece.length))) {
      throw new LeporelloError('IMAGE_TRAILING_DATA',
        `${this.#what} goes on after its end mark, before byte ${this.#position}`)
    }
  }

  #attempt<Result> (step: () => Result): Result {
    try {
      return step()
    } catch (error) {
      throw this.#corrupt((error as Error).message)
    }
  }

  #corrupt (flaw: string): LeporelloError {
    const at = this.#position - BLOCK_BYTES
    return new LeporelloError('IMAGE_CORRUPT', `${this.#what} has a broken tar header near byte ${at}: ${flaw}`)
  }
}
