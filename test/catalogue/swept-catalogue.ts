import { Readable } from 'node:stream'
import type { Test } from 'tap'
import { ulid as newUlid } from 'ulid'
import { EmbeddedDocumentIndex } from '../../src/adapters/embedded/document-index.js'
import { FolderImageStore } from '../../src/adapters/folder/image-store.js'
import { Catalogue } from '../../src/catalogue/catalogue.js'
import { Sweep, type SweepOptions } from '../../src/catalogue/sweep.js'
import { flagId, type SweepFlag } from '../../src/catalogue/sweep-flags.js'
import type { TarballRecord } from '../../src/catalogue/upload-records.js'
import { Deadline } from '../../src/deadline.js'
import { parseArchitecture } from '../../src/domain/architecture.js'
import { ImageUrls } from '../../src/domain/image-urls.js'
import { factsKey, placeOf, tarballKey } from '../../src/domain/tarball-key.js'
import { ABSENT, type DocumentIndex, type DocumentKind } from '../../src/ports/document-index.js'
import type { ImageStore } from '../../src/ports/image-store.js'
import { temporaryFolder } from '../app.js'

export const GRACE_MS = 3600_000

const TIMEOUT_MS = 5000

export interface Backends {
  readonly index: DocumentIndex
  readonly images: ImageStore
}

/** A real catalogue with a real store, whose clocks the test moves on. */
export class SweptCatalogue {
  readonly index: DocumentIndex
  readonly images: ImageStore
  readonly catalogue: Catalogue
  /** By how much the store's clock and ours are ahead. */
  ahead = 0
  readonly #recorded = new Map<string, readonly TarballRecord[]>()

  constructor ({ index, images }: Backends) {
    this.index = index
    this.images = new Proxy(images, {
      get: (target, name) => {
        if (name === 'now') return async () => new Date((await target.now()).getTime() + this.ahead)
        const value = Reflect.get(target, name) as unknown
        return typeof value === 'function' ? value.bind(target) : value
      }
    })
    this.catalogue = new Catalogue({ index: this.index, images: this.images, requestTimeoutMs: TIMEOUT_MS })
  }

  /** Embedded, with a folder. */
  static async make (t: Test): Promise<SweptCatalogue> {
    const folder = await temporaryFolder(t)
    const made = new SweptCatalogue({
      index: await EmbeddedDocumentIndex.open({ folder }),
      images: new FolderImageStore({ root: `${folder}/tarballs`, publicUrl: () => 'http://leporello.test' })
    })
    t.teardown(() => made.catalogue.close())
    return made
  }

  /** Stores a tarball as an upload does, without registering it, and returns its key. */
  async store (name: string, { label = 'amd64', ulid = newUlid(), recorded = true } = {}): Promise<string> {
    const key = tarballKey({ name, ulid, label, compression: 'gzip' })
    const metadata = { catalogue: await this.catalogue.records.owner(), container: name }
    for (const each of [key, factsKey(key)]) await this.images.put(each, Readable.from([Buffer.from('bytes')]), { metadata })
    if (recorded) {
      const tarballs = [...this.#recorded.get(ulid) ?? [], { key, sha256: '00', size: 5 }]
      this.#recorded.set(ulid, tarballs)
      await this.catalogue.records.write(ulid, { name, tarballs })
    }
    return key
  }

  async register (name: string, key: string): Promise<void> {
    await this.add(name, this.images.location(key))
  }

  async add (name: string, url: string): Promise<void> {
    const urls = ImageUrls.of(new Map([[parseArchitecture('amd64'), url]]))
    await this.catalogue.register({ id: name, version: '1', digest: 'sha256:aa', url, urls }, 'test')
  }

  async merge (name: string, url: string): Promise<void> {
    await this.catalogue.merge({ id: name, version: '1', urls: ImageUrls.of(new Map([[parseArchitecture('arm64'), url]])) }, 'test')
  }

  /** Stores and registers so many, so that one more that is unnamed is less than half. */
  async storeNamed (count: number): Promise<string[]> {
    return await Promise.all(Array.from({ length: count }, async (_, n) => {
      const key = await this.store(`named-${n}:1`)
      await this.register(`named-${n}:1`, key)
      return key
    }))
  }

  /** Beside others a tarball that a sweep has condemned, and that the next one deletes. */
  async storeCondemned (name: string): Promise<string> {
    await this.storeNamed(2)
    const key = await this.store(name)
    this.later()
    await this.sweep()
    this.later()
    return key
  }

  sweep (options: Partial<SweepOptions> = {}, mode: { dryRun?: boolean, force?: boolean, signal?: AbortSignal } = {}) {
    const sweep = new Sweep({
      index: this.index,
      images: this.images,
      records: this.catalogue.records,
      graceMs: GRACE_MS,
      indices: [],
      requestTimeoutMs: TIMEOUT_MS,
      now: () => new Date(Date.now() + this.ahead),
      ...options
    })
    return sweep.run({ dryRun: false, ...mode })
  }

  /** Lets a grace pass, also by the clock of a store that tells whole seconds and looks at it once a second. */
  later (): void {
    this.ahead += GRACE_MS + 5000
  }

  async flag (key: string): Promise<SweepFlag | undefined> {
    const json = await this.catalogue.find('meta', flagId(placeOf(key)!))
    return json === undefined ? undefined : JSON.parse(json) as SweepFlag
  }

  async writeFlag (flag: SweepFlag): Promise<void> {
    await this.write('meta', flagId(placeOf(flag.key)!), JSON.stringify(flag))
  }

  /** As somebody else would, past the catalogue. */
  async write (kind: DocumentKind, id: string, json: string): Promise<void> {
    const current = await this.index.get(kind, id, Deadline.in(TIMEOUT_MS))
    await this.index.put(kind, id, json, current?.version ?? ABSENT, Deadline.in(TIMEOUT_MS))
  }

  async hasRecord (key: string): Promise<boolean> {
    return await this.catalogue.find('meta', `upload:${placeOf(key)!.ulid}`) !== undefined
  }

  /** All documents of the catalogue's own. */
  async meta (): Promise<string[]> {
    const documents: string[] = []
    for await (const page of this.index.documents('meta')) documents.push(...page.map(({ id, json }) => `${id} ${json}`))
    return documents
  }

  /** All keys in the store, but for the mark. */
  async keys (): Promise<string[]> {
    const keys: string[] = []
    for await (const page of this.images.list('')) keys.push(...page.map(({ key }) => key))
    return keys.filter(key => key !== '.leporello')
  }
}

/** The same backend with some methods replaced. */
export function changed<T extends object> (target: T, methods: Partial<T>): T {
  return new Proxy(target, {
    get: (_target, name) => {
      const value = Reflect.get(methods, name) ?? Reflect.get(target, name)
      return typeof value === 'function' ? value.bind(target) : value
    }
  })
}
