import { rm } from 'node:fs/promises'
import type { LeporelloClient, ResolvedImage } from '../client/index.js'
import type { Architecture } from '../domain/architecture.js'
import { quoted } from '../domain/quoted.js'
import { LeporelloError } from '../errors.js'
import { keyOf, type Cache } from './cache.js'
import type { DownloadWatcher } from './download.js'
import { normalised, type Engine, type HeldImage } from './engine.js'
import { LoadError } from './load-error.js'
import { sourceOf } from './source.js'
import { provedTarball, tarballKey, type ProvedTarball } from './tarball.js'

export interface LoadRequest {
  readonly id: string
  readonly architecture: Architecture
  /** Others that will do. */
  readonly fallback: readonly Architecture[]
}

/** What became of it: `present` before already, under that name; `tagged` since it was there under another; `loaded`. */
export interface Loaded {
  readonly state: 'present' | 'tagged' | 'loaded'
  readonly image: ResolvedImage
  readonly held: HeldImage
}

export interface LoadMeans {
  readonly client: LeporelloClient
  readonly cache: Cache
  readonly watcher: DownloadWatcher & { wait (what: string): void }
}

/** Files of the cache are called by it, and others than the service may have written what it tells. */
const SHA256 = /^[0-9a-f]{64}$/

/** Brings tarballs to this host, each once however many processes ask for it. */
export class TarballFetcher {
  readonly #means: LoadMeans

  constructor (means: LoadMeans) {
    this.#means = means
  }

  async resolve ({ id, architecture, fallback }: LoadRequest): Promise<ResolvedImage> {
    const image = await this.#means.client.resolve(id, architecture, fallback.length === 0 ? {} : { fallback })
    if (image.sha256 === null || SHA256.test(image.sha256)) return image
    throw new LoadError(`the checksum of ${id} is registered as ${quoted(image.sha256)}, which is none: register the image again`)
  }

  /** The path of the tarball, proved; it stays there. */
  async fetch (request: LoadRequest): Promise<{ readonly image: ResolvedImage, readonly path: string, readonly sha256: string }> {
    const image = await this.resolve(request)
    return await this.withTarball(image, async ({ path, sha256, isKept }) => {
      const { cache } = this.#means
      const whole = cache.whole(sha256, image.url)
      if (!isKept) await cache.keep(path, whole)
      return { image, path: whole, sha256 }
    })
  }

  /** Does `work` with the tarball, which no other process touches meanwhile; one that came for this goes afterwards. */
  async withTarball<T> (image: ResolvedImage, work: (tarball: ProvedTarball) => Promise<T>): Promise<T> {
    const { cache, watcher } = this.#means
    await cache.tidy()
    const lock = await cache.locks.take(tarballKey(image), () => { watcher.wait('the tarball') })
    try {
      const tarball = await provedTarball(image, this.#means)
      const result = await work(tarball)
      if (!tarball.isKept) await rm(tarball.path, { force: true })
      return result
    } finally {
      await lock.release()
    }
  }
}

/** Loads the right image of a container into an engine. */
export class ImageLoader {
  readonly #means: LoadMeans
  readonly #engine: Engine
  readonly #fetcher: TarballFetcher

  constructor (engine: Engine, means: LoadMeans) {
    this.#means = means
    this.#engine = engine
    this.#fetcher = new TarballFetcher(means)
  }

  /**
   * Any number of processes may do so at once: one loads and the others wait, and then find it there.
   *
   * @throws LeporelloError when what came is not what is registered, and then nothing was loaded.
   */
  async load (request: LoadRequest): Promise<Loaded> {
    const startedAt = Date.now()
    const { cache, watcher } = this.#means
    const present = await this.#present(await this.#fetcher.resolve(request), startedAt)
    if (present !== undefined) return present
    const lock = await cache.locks.take(this.#key(request.id), () => { watcher.wait(request.id) })
    try {
      // Another may be registered since.
      const image = await this.#fetcher.resolve(request)
      return await this.#present(image, startedAt) ?? await this.#fetched(image)
    } finally {
      await lock.release()
    }
  }

  async #fetched (image: ResolvedImage): Promise<Loaded> {
    const held = await this.#elsewhere(image)
    if (held !== undefined) {
      await this.#engine.tag(held.id, image.id)
      return { state: 'tagged', image, held }
    }
    // Before it is read: if other bytes come to lie there meanwhile, they are loaded the next time.
    const validator = await this.#validator(image)
    return await this.#fetcher.withTarball(image, async ({ path, ids }) => {
      await this.#engine.load(path)
      const held = await this.#checked(image, ids)
      if (image.digests.length === 0) {
        await this.#means.cache.note(this.#key(image.id), { url: image.url, validator: validator ?? null, ids, at: Date.now() })
      }
      return { state: 'loaded', image, held }
    })
  }

  /** What the engine holds under the name, if it is that image. */
  async #present (image: ResolvedImage, startedAt: number): Promise<Loaded | undefined> {
    const held = await this.#engine.inspect(image.id)
    if (held === undefined || !isFor(image, held)) return undefined
    const ids = image.digests.length > 0 ? image.digests.map(normalised) : await this.#noted(image, startedAt)
    return ids.includes(held.id) ? { state: 'present', image, held } : undefined
  }

  /** Where no digest is registered: the ids of what was loaded from there, while the same bytes lie there. */
  async #noted (image: ResolvedImage, startedAt: number): Promise<readonly string[]> {
    const record = await this.#means.cache.record(this.#key(image.id))
    if (record === undefined || record.url !== image.url) return []
    // By a process that this one has waited for.
    if (record.at >= startedAt) return record.ids
    return record.validator !== null && record.validator === await this.#validator(image) ? record.ids : []
  }

  async #validator (image: ResolvedImage): Promise<string | undefined> {
    if (image.digests.length > 0) return undefined
    return await (await sourceOf(image.download ?? image.url, this.#means.client)).validator()
  }

  /** That image under another name. */
  async #elsewhere (image: ResolvedImage): Promise<HeldImage | undefined> {
    const held = await this.#engine.inspect(...digestsIn(image.digests.map(normalised)))
    return held !== undefined && isFor(image, held) ? held : undefined
  }

  /** Finds what was just loaded and gives it the name; rejects when it is not what it should be. */
  async #checked (image: ResolvedImage, ids: readonly string[]): Promise<HeldImage> {
    const named = await this.#engine.inspect(image.id)
    const held = named !== undefined && ids.includes(named.id) ? named : await this.#engine.inspect(...digestsIn(ids))
    if (held === undefined || !ids.includes(held.id) || !isFor(image, held)) {
      await this.#engine.remove(image.id).catch(() => {})
      throw new LeporelloError('IMAGE_DIGEST_MISMATCH', `${this.#engine.program} made of ${image.id} ` +
        `${held === undefined ? 'nothing that can be found' : `${held.id} for ${held.architecture}`}, not ${ids[0]} for ${image.architecture}`)
    }
    if (held !== named) await this.#engine.tag(held.id, image.id)
    return held
  }

  #key (id: string): string {
    return `name-${keyOf(this.#engine.program, id)}`
  }
}

/** Those that an engine takes for ids; anything else it might take for a name. */
function digestsIn (ids: readonly string[]): string[] {
  return ids.filter(id => /^sha256:[0-9a-f]{64}$/.test(id))
}

/** Engines say the architecture without its variant. */
function isFor (image: ResolvedImage, { architecture }: HeldImage): boolean {
  return image.architecture.split('/')[0] === architecture
}
