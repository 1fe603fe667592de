import type { TarEntry, TarEvent } from '../tar/tar-entry.js'
import { TarReader } from '../tar/tar-reader.js'
import { LAYER_RULES } from '../tar/tar-rules.js'
import type { Binaries } from './binaries.js'
import { ELF_HEAD_BYTES, elfArchitecture } from './elf.js'

/** Reads the tar of a layer as it streams by and counts the binaries in it; nothing else of it is kept. */
export class LayerTar {
  readonly #tar: TarReader
  readonly #binaries: Binaries
  #file: TarEntry | undefined
  #head: Buffer = Buffer.alloc(0)

  /** `what` begins the sentences of refusals: "The layer x". */
  constructor (what: string, binaries: Binaries) {
    this.#tar = new TarReader(what, LAYER_RULES)
    this.#binaries = binaries
  }

  /** @throws LeporelloError where an engine could not unpack the layer. */
  write (chunk: Buffer): void {
    for (const event of this.#tar.read(chunk)) this.#take(event)
  }

  end (): void {
    this.#tar.end()
  }

  #take (event: TarEvent): void {
    if (event.kind === 'entry') {
      this.#file = event.entry.type === 'file' ? event.entry : undefined
      this.#head = Buffer.alloc(0)
    } else if (event.kind === 'data' && this.#file !== undefined) {
      this.#head = Buffer.concat([this.#head, event.data.subarray(0, ELF_HEAD_BYTES - this.#head.length)])
      if (this.#head.length === ELF_HEAD_BYTES) this.#judge(this.#file)
    }
  }

  #judge (file: TarEntry): void {
    this.#file = undefined
    const architecture = elfArchitecture(this.#head)
    if (architecture !== undefined) this.#binaries.add(architecture, file.name)
  }
}
