import { open, readFile, type FileHandle } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { spanOf, type ByteRange } from '../../domain/byte-range.js'
import type { ObjectFacts, ObjectMetadata, PutOptions, ReadObject } from '../../ports/image-store.js'
import type { Layout } from './layout.js'
import { codeOf, isAbsent } from './store-error.js'

/** An object of the folder, open for reading: it stays readable when it is replaced or removed meanwhile. */
export class StoredFile {
  readonly facts: ObjectFacts
  readonly #file: FileHandle

  private constructor (file: FileHandle, facts: ObjectFacts) {
    this.#file = file
    this.facts = facts
  }

  static async open (layout: Layout, key: string): Promise<StoredFile | undefined> {
    const file = await openFile(layout.object(key))
    if (file === undefined) return undefined
    try {
      const { size, mtimeMs, mtime } = await file.stat({ bigint: true })
      const metadata = await metadataIn(layout.metadata(key, mtimeMs))
      return new StoredFile(file, { key, size: Number(size), lastModified: mtime, metadata })
    } catch (error) {
      await file.close()
      throw error
    }
  }

  /** The whole object or a range of it; the file closes with the body. */
  async read (range?: ByteRange): Promise<ReadObject> {
    const { size } = this.facts
    try {
      const span = range && spanOf(range, size)
      const body = await this.#bytes(span?.first ?? 0, span?.last ?? size - 1)
      return { ...this.facts, ...(span && { range: span }), body }
    } catch (error) {
      await this.close()
      throw error
    }
  }

  async #bytes (start: number, end: number): Promise<Readable> {
    if (end >= start) return this.#file.createReadStream({ start, end })
    await this.close()
    return Readable.from([])
  }

  async close (): Promise<void> {
    await this.#file.close()
  }
}

async function openFile (path: string): Promise<FileHandle | undefined> {
  try {
    const file = await open(path)
    if ((await file.stat()).isFile()) return file
    await file.close()
  } catch (error) {
    if (!isAbsent(error)) throw error
  }
  return undefined
}

/** None for a file that was put there by other means, or whose modification time was not kept. */
async function metadataIn (path: string): Promise<ObjectMetadata> {
  try {
    return (JSON.parse(await readFile(path, 'utf8')) as PutOptions).metadata ?? {}
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return {}
    throw error
  }
}
