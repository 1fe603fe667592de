import { createHash, type Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { LoadError } from './load-error.js'

/** A file that grows while it is downloaded, and the checksum of what there is of it. */
export class PartialFile {
  readonly path: string
  readonly #handle: FileHandle
  #hash: Hash
  #size: number

  private constructor (path: string, handle: FileHandle, hash: Hash, size: number) {
    this.path = path
    this.#handle = handle
    this.#hash = hash
    this.#size = size
  }

  /** Opens what there is, perhaps of a process that died in the middle; makes an empty one where there is nothing. */
  static async open (path: string): Promise<PartialFile> {
    const handle = await open(path, 'a', 0o600)
    const hash = createHash('sha256')
    let size = 0
    for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
      hash.update(chunk)
      size += chunk.length
    }
    return new PartialFile(path, handle, hash, size)
  }

  get size (): number {
    return this.#size
  }

  /** Hexadecimal sha256 of what there is. */
  get sha256 (): string {
    return this.#hash.copy().digest('hex')
  }

  async append (chunk: Uint8Array): Promise<void> {
    try {
      // At the end, whatever the position; a disk that fills up takes a part of it.
      for (let at = 0; at < chunk.length;) at += (await this.#handle.write(chunk, at)).bytesWritten
    } catch (error) {
      throw new LoadError(`${this.path} cannot be written: ${(error as Error).message}`, 'failed', error)
    }
    this.#hash.update(chunk)
    this.#size += chunk.length
  }

  async clear (): Promise<void> {
    await this.#handle.truncate(0)
    this.#hash = createHash('sha256')
    this.#size = 0
  }

  async close (): Promise<void> {
    await this.#handle.close()
  }
}
