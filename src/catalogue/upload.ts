import { performance } from 'node:perf_hooks'
import { ulid as newUlid } from 'ulid'
import { compareArchitectures, type Architecture } from '../domain/architecture.js'
import type { Author } from '../domain/author.js'
import type { BuildOfImages } from '../domain/build.js'
import type { Container } from '../domain/container.js'
import { ImageUrls } from '../domain/image-urls.js'
import type { Precondition } from '../domain/precondition.js'
import type { SetMerge } from '../domain/set-rules.js'
import { factsKey } from '../domain/tarball-key.js'
import { LeporelloError } from '../errors.js'
import { matchDigest, parseDigest } from '../image/digest-set.js'
import type { ImageStore } from '../ports/image-store.js'
import type { Observer } from '../ports/observer.js'
import type { Changed, Merged, Registered, Waiting, Warning } from './container-changes.js'
import { takeIn, type SentTarball, type StoredTarball } from './tarball-intake.js'
import type { UploadRecords } from './upload-records.js'
import { recordOf, registeredArchitecture } from './uploaded-image.js'

/** What uploads stand on, and their bounds. */
export interface UploadMeans {
  readonly images: ImageStore
  readonly records: UploadRecords
  /** The catalogue's own, called when all tarballs are stored. */
  readonly register: (container: Container, by: Author | string, precondition: Precondition, build?: string) => Promise<Registered>
  readonly merge: (merge: SetMerge, by: Author | string, precondition: Precondition) => Promise<Merged | Waiting>
  readonly maxBytes: number
  /** Of the sweep: an upload whose first tarball is half as old is not registered any more. */
  readonly graceMs: number
  readonly observer?: Observer
}

export interface UploadRequest {
  /** The container's id. */
  readonly name: string
  readonly version: string
  /** Must be one of the images'; absent: the first image's id. */
  readonly digest: string | undefined
  readonly lenient: boolean
  /** Whether the images replace the whole registration, or stand beside those of the other architectures. */
  readonly mode: 'replace' | 'merge'
  /** Only `merge` may expect anything. */
  readonly of: BuildOfImages
  /** What must hold of the registration that is there. */
  readonly precondition: Precondition
}

export interface Uploaded extends Changed {
  readonly warnings: readonly Warning[]
}

/** All tarballs are stored, and are registered when the rest of their set is there. */
export interface UploadWaiting {
  /** The container's. */
  readonly id: string
  readonly waiting: Waiting
  readonly warnings: readonly Warning[]
}

/** Whether the registration may have been written, or may still be. */
export function isUnknown (error: unknown): boolean {
  return error instanceof LeporelloError && error.code === 'OUTCOME_UNKNOWN'
}

/** The tarballs of one request. */
export class Upload {
  readonly #options: UploadMeans
  readonly #request: UploadRequest
  readonly #signal: AbortSignal
  readonly #ulid = newUlid()
  readonly #began = performance.now()
  readonly #keys: string[] = []
  readonly #stored = new Map<Architecture, StoredTarball>()
  #unnamed = 0
  #recorded = false

  constructor (options: UploadMeans, request: UploadRequest, signal: AbortSignal) {
    this.#options = options
    this.#request = request
    this.#signal = signal
  }

  async take (tarball: SentTarball): Promise<void> {
    const { images, maxBytes, records } = this.#options
    const { name, lenient } = this.#request
    if (tarball.architecture !== undefined) this.#refuseTwice(tarball.architecture)
    const label = this.#unnamed === 0 ? 'image' : `image${this.#unnamed + 1}`
    if (tarball.architecture === undefined) this.#unnamed++
    const stored = await takeIn(tarball, {
      images,
      name,
      ulid: this.#ulid,
      label,
      lenient,
      maxBytes,
      metadata: { catalogue: await asNotRegistered(records.owner()), container: name },
      signal: this.#signal,
      observer: this.#options.observer,
      onKey: key => { this.#keys.push(key) }
    })
    const architecture = registeredArchitecture(stored)
    this.#refuseTwice(architecture)
    this.#stored.set(architecture, stored)
  }

  async register (by: Author | string): Promise<Uploaded | UploadWaiting> {
    const container = this.#container()
    this.#refuseOld()
    const { records } = this.#options
    const tarballs = [...this.#stored.values()].map(({ key, facts: { sha256, size } }) => ({ key, sha256, size }))
    this.#recorded = true
    await asNotRegistered(records.write(this.#ulid, { name: container.id, tarballs }))
    return await (this.#request.mode === 'merge' ? this.#merge(container, by) : this.#replace(container, by))
  }

  async #replace (container: Container, by: Author | string): Promise<Uploaded> {
    const { document, tag, dropped } = await this.#options.register(container, by, this.#request.precondition, this.#request.of.build)
    return { document, tag, warnings: [...this.#findings(), ...droppedWarnings(dropped)] }
  }

  async #merge ({ id, version, urls, images }: Container, by: Author | string): Promise<Uploaded | UploadWaiting> {
    const { digest, precondition, of } = this.#request
    const merge = { id, version, urls: urls!, images: images!, ...of, ...digest !== undefined && { digest: parseDigest(digest) } }
    const merged = await this.#options.merge(merge, by, precondition)
    // The same image was there already, by another name, which nobody will call this one.
    for (const architecture of merged.kept) await this.#removeObjects(this.#stored.get(architecture)!.key).catch(() => {})
    if (merged.outcome === 'waiting') return { id, waiting: merged, warnings: this.#findings() }
    const { document, tag, warnings } = merged
    return { document, tag, warnings: [...this.#findings(), ...warnings] }
  }

  /** Removes all that was stored, as far as it can be removed now; the rest is the sweep's. */
  async discard (): Promise<void> {
    // Without its record an object cannot be reached, be the store down or not.
    const forgotten = await this.#forget().then(() => true, () => false)
    await Promise.allSettled(this.#keys.map(key => this.#removeObjects(key)))
    // The objects may have taken the room that the index needed.
    if (!forgotten) await this.#forget()
  }

  async #forget (): Promise<void> {
    if (this.#recorded) await this.#options.records.remove(this.#ulid)
  }

  async #removeObjects (key: string): Promise<void> {
    await this.#options.images.remove(key)
    await this.#options.images.remove(factsKey(key))
  }

  #container (): Container {
    const { name: id, version, digest } = this.#request
    const [first] = this.#architectures
    if (first === undefined) {
      throw new LeporelloError('PARAMETER_MISSING', 'no tarball was sent: send a file for each architecture, in a part ' +
        'named x86_64, arm64, ..., or tarball', { details: { parameter: 'tarball' } })
    }
    const facts = [...this.#stored.values()].map(({ facts }) => facts)
    if (digest !== undefined) matchDigest(facts, digest)
    const urls = ImageUrls.of(new Map([...this.#stored].map(([architecture, { key }]) =>
      [architecture, this.#options.images.location(key)])))
    return {
      id,
      version,
      digest: digest ?? this.#stored.get(first)!.facts.imageId,
      url: urls.amd64 ?? null,
      urls,
      images: this.#architectures.map(architecture => recordOf(architecture, this.#stored.get(architecture)!, version))
    }
  }

  get #architectures (): Architecture[] {
    return [...this.#stored.keys()].sort(compareArchitectures)
  }

  #findings (): Warning[] {
    return this.#architectures.flatMap(architecture => this.#stored.get(architecture)!.facts.warnings
      .map(({ code, message }) => ({ code, message: `${architecture}: ${message}` })))
  }

  #refuseTwice (architecture: Architecture): void {
    if (!this.#stored.has(architecture)) return
    throw new LeporelloError('ARCHITECTURE_DUPLICATE', `two tarballs are for ${architecture}; there may be one`,
      { details: { architecture } })
  }

  /** Its first object could be in the sweep's hands by the time it is named. */
  #refuseOld (): void {
    if (performance.now() - this.#began <= this.#options.graceMs / 2) return
    throw new LeporelloError('UPLOAD_TIMED_OUT', 'the upload took longer than tarballs without a registration are kept')
  }
}

/** Work before the registration: whatever is unknown of it, that nothing is registered is certain. */
async function asNotRegistered<T> (work: Promise<T>): Promise<T> {
  return await work.catch(error => {
    throw isUnknown(error)
      ? new LeporelloError('INDEX_UNAVAILABLE', 'The index did not answer in time; nothing was registered', { cause: error })
      : error
  })
}

function droppedWarnings (dropped: readonly Architecture[]): Warning[] {
  if (dropped.length === 0) return []
  return [{
    code: 'ARCHITECTURES_DROPPED',
    message: `the registration before this one had ${dropped.join(', ')} as well, which this one replaced; mode=merge keeps them`
  }]
}
