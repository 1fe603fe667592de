import { performance } from 'node:perf_hooks'
import { setTimeout } from 'node:timers/promises'
import { ulid as newUlid } from 'ulid'
import { compareArchitectures, type Architecture } from '../domain/architecture.js'
import type { Container } from '../domain/container.js'
import { ImageUrls } from '../domain/image-urls.js'
import type { BuildOfImages } from '../domain/build.js'
import type { Author } from '../domain/author.js'
import type { Caller } from '../domain/caller.js'
import type { Precondition } from '../domain/precondition.js'
import type { SetMerge } from '../domain/set-rules.js'
import { factsKey } from '../domain/tarball-key.js'
import { LeporelloError } from '../errors.js'
import { matchDigest, parseDigest } from '../image/digest-set.js'
import type { ImageStore } from '../ports/image-store.js'
import type { Observer, UploadEnding } from '../ports/observer.js'
import type { Changed, Merged, Registered, Waiting, Warning } from './container-changes.js'
import { takeIn, type SentTarball, type StoredTarball } from './tarball-intake.js'
import { UploadPlaces } from './upload-places.js'
import type { UploadRecords } from './upload-records.js'
import { recordOf, registeredArchitecture } from './uploaded-image.js'

export interface UploadsOptions {
  readonly images: ImageStore
  readonly records: UploadRecords
  /** The catalogue's own, called when all tarballs are stored. */
  readonly register: (container: Container, by: Author | string, precondition: Precondition, build?: string) => Promise<Registered>
  readonly merge: (merge: SetMerge, by: Author | string, precondition: Precondition) => Promise<Merged | Waiting>
  readonly maxBytes: number
  readonly maxAtOnce: number
  /** Of one source. */
  readonly maxPerUser: number
  /** Of the sweep: an upload whose first tarball is half as old is not registered any more. */
  readonly graceMs: number
  readonly allowLenient: boolean
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

/** How long an answer waits for the objects of a failed upload to be removed; it goes on after that. */
const DISCARD_PATIENCE_MS = 2000

/** Takes tarballs in and registers them: all of a request, or nothing of it. */
export class Uploads {
  readonly #options: UploadsOptions
  readonly #uploading = new Set<Promise<Uploaded | UploadWaiting>>()
  readonly #discards = new Set<Promise<void>>()
  readonly #places: UploadPlaces

  constructor (options: UploadsOptions) {
    this.#options = options
    this.#places = new UploadPlaces(options.maxAtOnce, options.maxPerUser)
  }

  /** How many are under way. */
  get open (): number {
    return this.#places.taken
  }

  /**
   * A place among the uploads at once, those of all and those of `source`, to be given back by calling it. To be taken
   * before anything of a body is read: it refuses with `UPLOADS_BUSY`, with `TOO_MANY_UPLOADS`, with `LENIENT_FORBIDDEN`,
   * and with `PUBLIC_URL_MISSING` when a registration could not say where the tarballs are.
   */
  admit (lenient: boolean, caller: Caller, source: string): () => void {
    if (lenient) this.admitLenient(caller)
    this.#options.images.location('containers/any/any/any')
    return this.#places.take(source)
  }

  /** Refuses with `LENIENT_FORBIDDEN` where it is not allowed. */
  admitLenient (caller: Caller): void {
    if (this.#options.allowLenient || caller.has('admin')) return
    throw new LeporelloError('LENIENT_FORBIDDEN',
      'verify=lenient is for administrators; LEPORELLO_ALLOW_LENIENT=1 allows it to everybody')
  }

  /**
   * Verifies and stores the tarballs as they come, and registers the container with all of them in one write. Whatever
   * fails, nothing is registered and nothing can be reached; what a lost answer of the index leaves unclear is left to
   * the sweep.
   */
  async upload (
    request: UploadRequest, tarballs: AsyncIterable<SentTarball>, by: Author | string, signal: AbortSignal
  ): Promise<Uploaded | UploadWaiting> {
    const uploading = this.#upload(new Upload(this.#options, request, signal), tarballs, by)
    this.#uploading.add(uploading)
    this.#observe(uploading)
    try {
      return await uploading
    } finally {
      this.#uploading.delete(uploading)
    }
  }

  #observe (uploading: Promise<Uploaded | UploadWaiting>): void {
    const { observer } = this.#options
    if (observer === undefined) return
    const began = performance.now()
    const tell = (ending: UploadEnding) => { observer.uploaded(ending, (performance.now() - began) / 1000) }
    uploading.then(uploaded => tell({ outcome: 'waiting' in uploaded ? 'waiting' : 'registered' }), error => tell(endingOf(error)))
  }

  async #upload (upload: Upload, tarballs: AsyncIterable<SentTarball>, by: Author | string): Promise<Uploaded | UploadWaiting> {
    try {
      for await (const tarball of tarballs) await upload.take(tarball)
      return await upload.register(by)
    } catch (error) {
      if (!isUnknown(error)) await this.#discard(upload)
      throw error
    }
  }

  /** Resolves when no upload is under way, and what failed ones left has been removed, as far as the store allows. */
  async close (): Promise<void> {
    await Promise.allSettled(this.#uploading)
    await Promise.all(this.#discards)
  }

  async #discard (upload: Upload): Promise<void> {
    // What cannot be removed now is the sweep's.
    const discard = upload.discard().catch(() => {})
    this.#discards.add(discard)
    discard.finally(() => { this.#discards.delete(discard) })
    await Promise.race([discard, setTimeout(DISCARD_PATIENCE_MS, undefined, { ref: false })])
  }
}

/** Whether the registration may have been written, or may still be. */
function isUnknown (error: unknown): boolean {
  return error instanceof LeporelloError && error.code === 'OUTCOME_UNKNOWN'
}

function endingOf (error: unknown): UploadEnding {
  return error instanceof LeporelloError ? { outcome: 'refused', code: error.code } : { outcome: 'broken off' }
}

/** The tarballs of one request. */
class Upload {
  readonly #options: UploadsOptions
  readonly #request: UploadRequest
  readonly #signal: AbortSignal
  readonly #ulid = newUlid()
  readonly #began = performance.now()
  readonly #keys: string[] = []
  readonly #stored = new Map<Architecture, StoredTarball>()
  #unnamed = 0
  #recorded = false

  constructor (options: UploadsOptions, request: UploadRequest, signal: AbortSignal) {
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
