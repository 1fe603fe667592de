import { createHash } from 'node:crypto'
import { LeporelloError } from '../../errors.js'
import { compressionOf, isSkippableFrame } from '../compression/compression.js'
import { Decompressor } from '../compression/decompressor.js'
import type { Budget } from '../limits.js'
import { BLOCK_BYTES, isTarHead } from '../tar/tar-header.js'
import { Binaries } from './binaries.js'
import { LayerTar } from './layer-tar.js'

/** What an entry is if the image names it as a layer. */
export interface LayerContent {
  readonly compression: 'none' | 'gzip' | 'zstd' | 'bzip2' | 'xz'
  /** The digest of the tar inside, where it is compressed. */
  readonly diffId: string | undefined
  readonly binaries: Binaries
  /** Why it cannot be a layer. */
  readonly flaw: LeporelloError | undefined
}

/**
 * Looks into an entry that may be a layer while it streams by. Which entries are layers is known only at the end of
 * the archive, so what is wrong with one is a finding, and only a limit is a refusal at once.
 */
export class LayerScan {
  readonly #what: string
  readonly #budget: Budget
  readonly #binaries = new Binaries()
  readonly #tar: LayerTar
  readonly #inner = createHash('sha256')
  #head: Buffer | undefined = Buffer.alloc(0)
  #compression: LayerContent['compression'] = 'none'
  #decompressor: Decompressor | undefined
  #flaw: LeporelloError | undefined

  constructor (what: string, budget: Budget) {
    this.#what = what
    this.#budget = budget
    this.#tar = new LayerTar(what, this.#binaries)
  }

  async write (chunk: Buffer): Promise<void> {
    if (this.#flaw !== undefined) return
    if (this.#head === undefined) return await this.#attempt(() => this.#pass(chunk))
    this.#head = Buffer.concat([this.#head, chunk])
    if (this.#head.length >= BLOCK_BYTES) await this.#attempt(() => this.#begin())
  }

  async end (): Promise<LayerContent> {
    await this.#attempt(async () => {
      if (this.#head !== undefined) await this.#begin()
      await this.#decompressor?.end()
      this.#tar.end()
    })
    this.close()
    return {
      compression: this.#compression,
      diffId: this.#decompressor && `sha256:${this.#inner.digest('hex')}`,
      binaries: this.#binaries,
      flaw: this.#flaw
    }
  }

  /** Lets go of what decompression holds, also when the entry has not ended. */
  close (): void {
    this.#decompressor?.output.destroy()
  }

  async #begin (): Promise<void> {
    const head = this.#head!
    this.#head = undefined
    const compression = compressionOf(head)
    this.#compression = compression
    if (compression === 'bzip2' || compression === 'xz') {
      throw new LeporelloError('IMAGE_COMPRESSION_UNSUPPORTED', `${this.#what} is compressed with ${compression}; ` +
        'layers are plain, gzip or zstd')
    }
    if (isSkippableFrame(head)) {
      throw new LeporelloError('IMAGE_COMPRESSION_UNSUPPORTED',
        `${this.#what} begins with a zstd frame to skip; podman does not know it for zstd by that`)
    }
    if (compression === 'none' && !isTarHead(head)) {
      throw new LeporelloError('IMAGE_CORRUPT', `${this.#what} is not a tar`)
    }
    if (compression !== 'none') this.#decompressor = await this.#open(compression)
    await this.#pass(head)
  }

  async #open (compression: 'gzip' | 'zstd'): Promise<Decompressor> {
    const decompressor = await Decompressor.open(this.#what, compression)
    decompressor.output.on('data', (chunk: Buffer) => {
      try {
        this.#budget.decompress(chunk.length)
        this.#inner.update(chunk)
        this.#tar.write(chunk)
      } catch (error) {
        decompressor.output.destroy(error as Error)
      }
    })
    return decompressor
  }

  async #pass (chunk: Buffer): Promise<void> {
    if (this.#decompressor === undefined) return this.#tar.write(chunk)
    await this.#decompressor.write(chunk)
  }

  async #attempt (step: () => Promise<void>): Promise<void> {
    if (this.#flaw !== undefined) return
    try {
      await step()
    } catch (error) {
      if (!(error instanceof LeporelloError) || error.code === 'IMAGE_LIMIT_EXCEEDED') throw error
      this.#flaw = error
    }
  }
}
