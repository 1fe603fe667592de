import { mkdir, mkdtemp, readdir, rmdir, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { setTimeout } from 'node:timers/promises'
import type { Deadline } from '../../deadline.js'
import type { ByteRange } from '../../domain/byte-range.js'
import { serviceUrl } from '../../domain/tarball-url.js'
import { LeporelloError } from '../../errors.js'
import type { BackendHealth } from '../../ports/backend-health.js'
import type {
  ImageStore, ListedObject, ObjectFacts, PutOptions, ReadObject, UnfinishedPut
} from '../../ports/image-store.js'

import { pagesOf } from '../pages.js'
import { Draft } from './draft.js'
import { filesIn, ignoreAbsent, removeEmptyFolders } from './folders.js'
import { Layout } from './layout.js'
import { Source } from './source.js'
import { storeError } from './store-error.js'
import { StoredFile } from './stored-file.js'
import { walk } from './walk.js'

const PAGE = 1000

export interface FolderImageStoreOptions {
  /** Made when it is first written to. May be shared by processes of one host. */
  readonly root: string
  /** This service's own address, which registered urls start with; undefined while it has none. */
  readonly publicUrl?: () => string | undefined
}

/** Keeps every object as a file of its name below one folder. */
export class FolderImageStore implements ImageStore {
  readonly #layout: Layout
  readonly #publicUrl: () => string | undefined
  #looking: Promise<Date> | undefined

  constructor ({ root, publicUrl = () => undefined }: FolderImageStoreOptions) {
    this.#layout = new Layout(root)
    this.#publicUrl = publicUrl
  }

  async put (key: string, body: Readable, { onBytes, ...about }: PutOptions = {}): Promise<{ readonly size: number }> {
    const source = new Source(body)
    try {
      const draft = await Draft.create(this.#layout, { ...about, key })
      return await draft.orNothing(async () => {
        const size = await draft.write(source.chunks(), onBytes)
        await draft.publish()
        return { size }
      })
    } catch (error) {
      source.destroy()
      throw error === source.error ? error : storeError(error, this.#layout.root)
    }
  }

  async createOnce (key: string, bytes: Uint8Array): Promise<boolean> {
    return await this.#guard(async () => {
      const draft = await Draft.create(this.#layout, { key })
      return await draft.orNothing(async () => {
        await draft.write(Readable.from([bytes]))
        return await draft.publishOnce()
      })
    })
  }

  async get (key: string, range?: ByteRange): Promise<ReadObject | undefined> {
    return await this.#guard(async () => (await StoredFile.open(this.#layout, key))?.read(range))
  }

  async head (key: string): Promise<ObjectFacts | undefined> {
    return await this.#guard(async () => {
      const file = await StoredFile.open(this.#layout, key)
      await file?.close()
      return file?.facts
    })
  }

  async remove (key: string): Promise<void> {
    await this.#guard(async () => {
      const path = this.#layout.object(key)
      const metadata = await filesIn(this.#layout.metadataFolder(key))
      for (const file of [path, ...metadata]) await unlink(file).catch(ignoreAbsent)
      await removeEmptyFolders([path, ...metadata].flatMap(file => this.#layout.foldersAbove(file)))
    })
  }

  async * list (prefix: string, after?: string): AsyncGenerator<readonly ListedObject[]> {
    yield * this.#guardPages(pagesOf(this.#objects(prefix, after), PAGE))
  }

  async * #objects (prefix: string, after?: string): AsyncGenerator<ListedObject> {
    for await (const key of walk(this.#layout.root, prefix, after)) {
      if (this.#layout.reserves(key)) continue
      const file = await stat(join(this.#layout.root, key)).catch(ignoreAbsent)
      if (file) yield { key, size: file.size, lastModified: file.mtime }
    }
  }

  async * unfinished (startedBefore: Date): AsyncGenerator<readonly UnfinishedPut[]> {
    yield * this.#guardPages(pagesOf(this.#drafts(startedBefore), PAGE))
  }

  async * #drafts (startedBefore: Date): AsyncGenerator<UnfinishedPut> {
    for (const id of await readdir(this.#layout.unfinished).catch(ignoreAbsent) ?? []) {
      const found = await Draft.find(this.#layout, id)
      if (found && found.startedAt < startedBefore) yield { id, key: found.key, startedAt: found.startedAt }
    }
  }

  async abandon ({ id }: UnfinishedPut): Promise<void> {
    await this.#guard(async () => (await Draft.find(this.#layout, id))?.draft.discard())
  }

  /** The file system's clock, which may be another machine's. */
  async now (): Promise<Date> {
    return await this.#guard(async () => {
      await mkdir(this.#layout.unfinished, { recursive: true })
      const fresh = await mkdtemp(join(this.#layout.unfinished, 'clock-'))
      return await stat(fresh).then(({ mtime }) => mtime).finally(() => rmdir(fresh))
    })
  }

  async presign (): Promise<undefined> {}

  location (key: string): string {
    return serviceUrl(this.#publicUrl(), key)
  }

  async health (deadline: Deadline): Promise<BackendHealth> {
    try {
      // One look at a time: one at a folder that hangs holds a thread of this process for as long as it hangs.
      this.#looking ??= this.now().finally(() => { this.#looking = undefined })
      await Promise.race([this.#looking, this.#tooLate(deadline)])
      return { kind: 'folder', state: 'up' }
    } catch (error) {
      return { kind: 'folder', state: 'down', reason: error instanceof Error ? error.message : String(error) }
    }
  }

  async close (): Promise<void> {}

  async #tooLate (deadline: Deadline): Promise<never> {
    await setTimeout(deadline.remaining, undefined, { ref: false })
    throw new LeporelloError('STORE_UNAVAILABLE', `The folder for tarballs, ${this.#layout.root}, does not answer.`)
  }

  async #guard<Result> (work: () => Promise<Result>): Promise<Result> {
    try {
      return await work()
    } catch (error) {
      throw storeError(error, this.#layout.root)
    }
  }

  async * #guardPages<Page> (pages: AsyncIterable<Page>): AsyncGenerator<Page> {
    try {
      yield * pages
    } catch (error) {
      throw storeError(error, this.#layout.root)
    }
  }
}
