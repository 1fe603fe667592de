import { performance } from 'node:perf_hooks'

/** So many wrong credentials from one address for one user are looked at in such a time. */
const MOST_FAILURES = 10
const WINDOW_MS = 60_000

const MOST_REMEMBERED = 10_000

/** Counts wrong credentials, so that nobody tries many. */
export class FailedAttempts {
  readonly #failures = new Map<string, { count: number, readonly since: number }>()

  /** Seconds until that source may try again; undefined when it may now. */
  blockedFor (source: string): number | undefined {
    const failures = this.#failures.get(source)
    if (failures === undefined) return undefined
    const left = failures.since + WINDOW_MS - performance.now()
    if (left <= 0) this.#failures.delete(source)
    return left > 0 && failures.count >= MOST_FAILURES ? Math.ceil(left / 1000) : undefined
  }

  add (source: string): void {
    const failures = this.#failures.get(source)
    if (failures !== undefined) failures.count++
    else {
      if (this.#failures.size >= MOST_REMEMBERED) this.#failures.delete(this.#failures.keys().next().value!)
      this.#failures.set(source, { count: 1, since: performance.now() })
    }
  }

  forget (source: string): void {
    this.#failures.delete(source)
  }
}
