import { LeporelloError } from '../errors.js'

const BUSY_RETRY_SECONDS = 5

/** The places for uploads at once: so many in all, and of them so many for each source. */
export class UploadPlaces {
  readonly #most: number
  readonly #mostOfOne: number
  readonly #ofSource = new Map<string, number>()
  #all = 0

  constructor (most: number, mostOfOne: number) {
    this.#most = most
    this.#mostOfOne = mostOfOne
  }

  get taken (): number {
    return this.#all
  }

  /** A place, to be given back by calling it. Refuses with `UPLOADS_BUSY` and `TOO_MANY_UPLOADS`. */
  take (source: string): () => void {
    if (this.#all >= this.#most) {
      throw new LeporelloError('UPLOADS_BUSY', `${this.#all} uploads are under way, as many as there may be`,
        { retryAfterSeconds: BUSY_RETRY_SECONDS })
    }
    const own = this.#ofSource.get(source) ?? 0
    if (own >= this.#mostOfOne) {
      throw new LeporelloError('TOO_MANY_UPLOADS', `${own} uploads of the same user or address are under way, as many as one may have`,
        { retryAfterSeconds: BUSY_RETRY_SECONDS })
    }
    this.#count(source, 1)
    let given = false
    return () => {
      if (!given) this.#count(source, -1)
      given = true
    }
  }

  #count (source: string, change: 1 | -1): void {
    this.#all += change
    const own = (this.#ofSource.get(source) ?? 0) + change
    if (own === 0) this.#ofSource.delete(source)
    else this.#ofSource.set(source, own)
  }
}
