import { LeporelloError } from '../../errors.js'
import { quoted } from '../../domain/quoted.js'
import type { Budget } from '../limits.js'
import type { TarEntry } from '../tar/tar-entry.js'
import type { ArchiveFile } from './archive-file.js'
import { entryName, linkTarget } from './entry-name.js'

const BLOB = /^blobs\/([^/]+)\/([^/]+)$/
const REFUSED: Readonly<Record<string, string>> = {
  hardlink: 'a hard link',
  device: 'a device',
  fifo: 'a named pipe',
  sparse: 'a sparse file',
  other: 'of a kind that image archives do not have'
}

/** The entries of an image tarball by name: each name once, nothing that leads out, blobs that are what they say. */
export class Archive {
  readonly #files = new Map<string, ArchiveFile>()
  readonly #links = new Map<string, string>()
  readonly #directories = new Set<string>()
  readonly #budget: Budget
  /** Files whose documents are kept. */
  readonly #kept = new Set<ArchiveFile>()
  #keptBytes = 0

  constructor (budget: Budget) {
    this.#budget = budget
  }

  get files (): ReadonlyMap<string, ArchiveFile> {
    return this.#files
  }

  /** Admits an entry by its header and returns its name; a directory's is '' for the archive's own root. */
  admit (entry: TarEntry): string {
    this.#budget.addEntry()
    const name = isRoot(entry) ? '' : entryName(entry.name)
    const kind = REFUSED[entry.type]
    if (kind !== undefined) {
      throw new LeporelloError('IMAGE_ENTRY_REFUSED', `The archive's entry ${quoted(entry.name)} is ${kind}`)
    }
    if (name === '' && entry.type !== 'directory') {
      throw new LeporelloError('IMAGE_ENTRY_REFUSED', `The archive has a ${entry.type} without a name`)
    }
    if (entry.type !== 'directory' && entry.name.endsWith('/')) {
      throw new LeporelloError('IMAGE_ENTRY_REFUSED',
        `The archive's entry ${quoted(entry.name)} is a ${entry.type} with the name of a directory`)
    }
    if (this.#has(name)) {
      throw new LeporelloError('IMAGE_ENTRY_DUPLICATE', `The archive has two entries named ${quoted(name)}`)
    }
    if (entry.type === 'directory') this.#directories.add(name)
    if (entry.type === 'symlink') this.#links.set(name, this.#verifiedLink(name, entry.link))
    return name
  }

  add (file: ArchiveFile): void {
    verifyBlobName(file)
    this.#files.set(file.name, file)
    if (file.document === undefined) return
    this.#kept.add(file)
    this.#keptBytes += file.size
    while (this.#keptBytes > this.#budget.limits.maxMetadataBytes) this.#dropLargest()
  }

  /** The file of a name, through one symbolic link at most; undefined when there is none. */
  file (name: string): ArchiveFile | undefined {
    return this.#files.get(this.#links.get(name) ?? name)
  }

  /** Verifies what can be judged only when all entries are known. */
  verify (): void {
    for (const [name, target] of this.#links) {
      if (!this.#files.has(target)) {
        throw new LeporelloError('IMAGE_ENTRY_MISSING',
          `The archive's link ${quoted(name)} points to ${quoted(target)}, which is not a file in it`)
      }
    }
    this.#verifyParents()
  }

  // Bills of materials are megabytes, and what describes an image is kilobytes.
  #dropLargest (): void {
    const largest = [...this.#kept].reduce((a, b) => a.size >= b.size ? a : b)
    this.#kept.delete(largest)
    this.#keptBytes -= largest.size
    this.#files.set(largest.name, { ...largest, document: undefined, isDropped: true })
  }

  #verifiedLink (name: string, link: string): string {
    const target = linkTarget(name, link)
    if (target === undefined) {
      throw new LeporelloError('IMAGE_ENTRY_REFUSED',
        `The archive's link ${quoted(name)} points to ${quoted(link)}, out of the archive`)
    }
    if (!/(^|\/)layer\.tar$/.test(name)) {
      throw new LeporelloError('IMAGE_ENTRY_REFUSED',
        `The archive's entry ${quoted(name)} is a symbolic link; only layer.tar may be one`)
    }
    return target
  }

  // Not by looking up each folder of each name: many deep names would take minutes.
  #verifyParents (): void {
    const parents = [...this.#files.keys(), ...this.#links.keys()]
    const names = [...parents, ...this.#directories].sort()
    for (const parent of parents) {
      const name = names[firstNotBefore(names, `${parent}/`)]
      if (name?.startsWith(`${parent}/`) === true) {
        throw new LeporelloError('IMAGE_ENTRY_REFUSED',
          `The archive's entry ${quoted(name)} lies under ${quoted(parent)}, which is not a directory`)
      }
    }
  }

  #has (name: string): boolean {
    return this.#files.has(name) || this.#links.has(name) || this.#directories.has(name)
  }
}

/** Python's tarfile names a folder so that it packs as the archive's root; whatever unpacks it stays where it is. */
function isRoot ({ type, name }: TarEntry): boolean {
  return type === 'directory' && name === '/'
}

function firstNotBefore (sorted: readonly string[], text: string): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (sorted[middle]! < text) low = middle + 1
    else high = middle
  }
  return low
}

function verifyBlobName ({ name, digest }: ArchiveFile): void {
  const [, algorithm, hex] = BLOB.exec(name) ?? []
  if (algorithm === undefined) return
  if (algorithm !== 'sha256') {
    throw new LeporelloError('IMAGE_METADATA_INVALID',
      `The archive has a blob named by ${quoted(algorithm)}; only sha256 is accepted`)
  }
  if (digest !== `sha256:${hex}`) {
    throw new LeporelloError('IMAGE_CHECKSUM_MISMATCH',
      `The archive's blob ${quoted(name)} has the content of ${digest}`)
  }
}
