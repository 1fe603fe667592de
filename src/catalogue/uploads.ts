import { performance } from 'node:perf_hooks'
import { setTimeout } from 'node:timers/promises'
import type { Author } from '../domain/author.js'
import type { Caller } from '../domain/caller.js'
import { LeporelloError } from '../errors.js'
import type { UploadEnding } from '../ports/observer.js'
import { endingOf } from './upload-ending.js'
import type { SentTarball } from './tarball-intake.js'
import { isUnknown, Upload, type Uploaded, type UploadMeans, type UploadRequest, type UploadWaiting } from './upload.js'
import { UploadPlaces } from './upload-places.js'

export type { Uploaded, UploadRequest, UploadWaiting } from './upload.js'

export interface UploadsOptions extends UploadMeans {
  readonly maxAtOnce: number
  /** Of one source. */
  readonly maxPerUser: number
  readonly allowLenient: boolean
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

  /**
   * Resolves when no upload is under way, and what failed ones left has been removed, as far as the store allows within
   * two seconds: nobody waits for them any more, and what they leave is the sweep's.
   */
  async close (): Promise<void> {
    const ended = Promise.allSettled(this.#uploading).then(async () => await Promise.all(this.#discards))
    await Promise.race([ended, setTimeout(DISCARD_PATIENCE_MS, undefined, { ref: false })])
  }

  async #discard (upload: Upload): Promise<void> {
    // What cannot be removed now is the sweep's.
    const discard = upload.discard().catch(() => {})
    this.#discards.add(discard)
    discard.finally(() => { this.#discards.delete(discard) })
    await Promise.race([discard, setTimeout(DISCARD_PATIENCE_MS, undefined, { ref: false })])
  }
}
