import { createHash } from 'node:crypto'
import { performance } from 'node:perf_hooks'

const WINDOW_MS = 60_000

const MOST_REMEMBERED = 10_000

/** Counts wrong credentials by where they come from, so that nobody tries many. It goes by the time that has passed, not by the clock. */
export class FailedAttempts {
  readonly #most: number
  readonly #failures = new Map<string, { count: number, readonly since: number }>()

  /** So many of one source are looked at in a minute. Sources may be of any length: what is remembered of them is not. */
  constructor (most: number) {
    this.#most = most
  }

  /** Seconds until that source may try again; undefined when it may now. */
  blockedFor (source: string): number | undefined {
    const failures = this.#current(source)
    if (failures === undefined || failures.count < this.#most) return undefined
    return Math.max(1, Math.ceil((failures.since + WINDOW_MS - performance.now()) / 1000))
  }

  add (source: string): void {
    const failures = this.#current(source)
    if (failures !== undefined) failures.count++
    else {
      if (this.#failures.size >= MOST_REMEMBERED) this.#failures.delete(this.#failures.keys().next().value!)
      this.#failures.set(keyOf(source), { count: 1, since: performance.now() })
    }
  }

  /** One that was added was none. */
  takeBack (source: string): void {
    const failures = this.#current(source)
    if (failures !== undefined) failures.count--
  }

  forget (source: string): void {
    this.#failures.delete(keyOf(source))
  }

  #current (source: string) {
    const key = keyOf(source)
    const failures = this.#failures.get(key)
    if (failures === undefined || performance.now() < failures.since + WINDOW_MS) return failures
    this.#failures.delete(key)
    return undefined
  }
}

function keyOf (source: string): string {
  return createHash('sha256').update(source).digest('base64')
}
