import { createHash } from 'node:crypto'
import { quoted } from '../../domain/quoted.js'
import { LayerScan } from '../layer/layer-scan.js'
import type { Budget } from '../limits.js'
import type { ArchiveFile } from './archive-file.js'

// White space before it is JSON too.
const BEGINNINGS = Buffer.from('{[ \t\r\n')

/** Takes the content of one file of the archive: hashes it, looks into it, and keeps it if it may be JSON. */
export class ArchiveFileReader {
  readonly #name: string
  readonly #size: number
  readonly #offset: number
  readonly #budget: Budget
  readonly #hash = createHash('sha256')
  readonly #layer: LayerScan
  #retained: Buffer[] | undefined = []
  #examined = false

  constructor (name: string, size: number, offset: number, budget: Budget) {
    this.#name = name
    this.#size = size
    this.#offset = offset
    this.#budget = budget
    this.#layer = new LayerScan(`The layer ${quoted(name)}`, budget)
  }

  async write (chunk: Buffer): Promise<void> {
    this.#hash.update(chunk)
    this.#retain(chunk)
    await this.#layer.write(chunk)
  }

  async end (): Promise<ArchiveFile> {
    return {
      name: this.#name,
      size: this.#size,
      offset: this.#offset,
      digest: `sha256:${this.#hash.digest('hex')}`,
      document: this.#examined && this.#retained !== undefined ? Buffer.concat(this.#retained) : undefined,
      isDropped: false,
      layer: await this.#layer.end()
    }
  }

  /** Lets go of what it holds when the archive ends before the file does. */
  close (): void {
    this.#layer.close()
  }

  #retain (chunk: Buffer): void {
    if (this.#retained === undefined) return
    if (!this.#examined) {
      this.#examined = true
      if (this.#size > this.#budget.limits.maxDocumentBytes || !beginsLikeJson(chunk)) {
        this.#retained = undefined
        return
      }
    }
    // The chunk is a view of a large buffer, which must not live as long as the document.
    this.#retained.push(Buffer.from(chunk))
  }
}

function beginsLikeJson (chunk: Buffer): boolean {
  return BEGINNINGS.includes(chunk[0]!)
}
