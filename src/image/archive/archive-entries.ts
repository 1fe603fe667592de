import type { Budget } from '../limits.js'
import type { TarEvent } from '../tar/tar-entry.js'
import { ArchiveFileReader } from './archive-file-reader.js'
import type { Archive } from './archive.js'

/** Fills an archive from the events of its tar. */
export class ArchiveEntries {
  readonly #archive: Archive
  readonly #budget: Budget
  #file: ArchiveFileReader | undefined

  constructor (archive: Archive, budget: Budget) {
    this.#archive = archive
    this.#budget = budget
  }

  async take (event: TarEvent): Promise<void> {
    if (event.kind === 'data') return await this.#file?.write(event.data)
    if (event.kind === 'end') {
      if (this.#file !== undefined) this.#archive.add(await this.#file.end())
      return
    }
    const { type, size, offset } = event.entry
    const name = this.#archive.admit(event.entry)
    this.#file = type === 'file' ? new ArchiveFileReader(name, size, offset, this.#budget) : undefined
  }

  /** Lets go of a file that has not ended. */
  close (): void {
    this.#file?.close()
  }
}
