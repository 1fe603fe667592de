import { randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { link, mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { PutOptions } from '../../ports/image-store.js'
import { filesIn, ignoreAbsent, inFolder, removeEmptyFolders, syncFolders } from './folders.js'
import type { Layout } from './layout.js'
import { codeOf, isAbsent } from './store-error.js'

/**
 * What comes while something is being written is then written at once. By the chunk, each would wait for a whole turn of the
 * event loop, which is long where many others ask for something.
 */
const AHEAD_BYTES = 1024 * 1024

/** What stands in `about.json`. */
interface About extends Omit<PutOptions, 'onBytes'> {
  readonly key: string
}

/** An object on its way into the folder; nobody sees it before it is published. */
export class Draft {
  readonly #layout: Layout
  readonly #folder: string
  readonly #key: string

  private constructor (layout: Layout, id: string, key: string) {
    this.#layout = layout
    this.#folder = layout.draft(id)
    this.#key = key
  }

  static async create (layout: Layout, about: About): Promise<Draft> {
    layout.object(about.key)
    const draft = new Draft(layout, randomUUID(), about.key)
    await mkdir(draft.#folder, { recursive: true })
    return await draft.orNothing(async () => {
      await writeFile(draft.#about, JSON.stringify(about), { flush: true })
      return draft
    })
  }

  /** What a process that died has left; undefined when it is gone. */
  static async find (layout: Layout, id: string): Promise<{ draft: Draft, key: string, startedAt: Date } | undefined> {
    try {
      const folder = await stat(layout.draft(id))
      const draft = new Draft(layout, id, await keyIn(join(layout.draft(id), 'about.json')))
      const bytes = await stat(draft.#bytes).catch(() => folder)
      return { draft, key: draft.#key, startedAt: bytes.mtime }
    } catch (error) {
      if (isAbsent(error)) return undefined
      throw error
    }
  }

  get #about (): string {
    return join(this.#folder, 'about.json')
  }

  get #bytes (): string {
    return join(this.#folder, 'bytes')
  }

  /** Writes all of it to the disk, telling of each piece, and resolves to its size. */
  async write (body: AsyncIterable<Uint8Array>, onBytes: (bytes: number) => void = () => {}): Promise<number> {
    const file = createWriteStream(this.#bytes, { flags: 'wx', flush: true, highWaterMark: AHEAD_BYTES })
    await pipeline(told(body, onBytes), file)
    return file.bytesWritten
  }

  /** Makes it the object, in place of the one there may be. */
  async publish (): Promise<void> {
    const replaced = await stat(this.#layout.object(this.#key), { bigint: true }).catch(() => undefined)
    await this.#publishMetadata()
    await this.#move(rename)
    if (replaced) await rm(this.#layout.metadata(this.#key, replaced.mtimeMs), { force: true })
    await rm(this.#folder, { recursive: true })
  }

  /** Makes it the object, without metadata, if there is none; resolves to whether it did. */
  async publishOnce (): Promise<boolean> {
    try {
      await this.#move(link)
      return true
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error
      return false
    } finally {
      await rm(this.#folder, { recursive: true })
    }
  }

  /** Does the work, and discards the draft when it fails. */
  async orNothing<Result> (work: () => Promise<Result>): Promise<Result> {
    try {
      return await work()
    } catch (error) {
      await this.discard()
      throw error
    }
  }

  /** Leaves nothing of it; what was published stays. */
  async discard (): Promise<void> {
    const published = await stat(this.#bytes).then(() => false, isAbsent)
    if (!published) await this.#withdrawMetadata()
    await rm(this.#folder, { recursive: true, force: true })
  }

  /** Puts the metadata where the bytes' modification time points. */
  async #publishMetadata (): Promise<void> {
    const file = await open(this.#bytes, 'r+')
    try {
      const folder = this.#layout.metadataFolder(this.#key)
      const { mtimeMs } = await file.stat({ bigint: true })
      const modified = await inFolder(folder, async () => await this.#linkMetadata(mtimeMs))
      await syncFolders([folder, ...this.#layout.foldersAbove(folder)])
      // The half keeps the fraction of a second from being rounded to the millisecond before.
      const seconds = (Number(modified) + 0.5) / 1000
      await file.utimes(seconds, seconds)
      await file.sync()
    } finally {
      await file.close()
    }
  }

  async #linkMetadata (modified: bigint): Promise<bigint> {
    try {
      await link(this.#about, this.#layout.metadata(this.#key, modified))
      return modified
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error
      // Two puts of one key may end in the same millisecond.
      return await this.#linkMetadata(modified + 1n)
    }
  }

  /** Moves the bytes to the key, for good. */
  async #move (how: (from: string, to: string) => Promise<void>): Promise<void> {
    const to = this.#layout.object(this.#key)
    await inFolder(dirname(to), async () => await how(this.#bytes, to))
    await syncFolders([...this.#layout.foldersAbove(to), this.#layout.root])
  }

  async #withdrawMetadata (): Promise<void> {
    const folder = this.#layout.metadataFolder(this.#key)
    const about = await stat(this.#about).catch(ignoreAbsent)
    for (const file of await filesIn(folder)) {
      if ((await stat(file).catch(ignoreAbsent))?.ino === about?.ino) await rm(file, { force: true })
    }
    await removeEmptyFolders([folder, ...this.#layout.foldersAbove(folder)])
  }
}

/** The next piece is asked for when one is written. */
async function * told (body: AsyncIterable<Uint8Array>, onBytes: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  for await (const piece of body) {
    yield piece
    onBytes(piece.length)
  }
}

/** Empty when the process died before it was written. */
async function keyIn (about: string): Promise<string> {
  try {
    return (JSON.parse(await readFile(about, 'utf8')) as About).key
  } catch (error) {
    if (error instanceof SyntaxError || isAbsent(error)) return ''
    throw error
  }
}
