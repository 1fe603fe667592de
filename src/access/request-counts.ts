import { performance } from 'node:perf_hooks'

const MOST_REMEMBERED = 10_000

/**
 * Counts the requests of each source in windows of time, as a store of @fastify/rate-limit. It goes by the time that has
 * passed, not by that of the day: a clock that is set neither locks anybody out nor lets anybody through.
 */
export class RequestCounts {
  readonly #now: () => number
  readonly #windows = new Map<string, { current: number, readonly began: number }>()

  /** The library makes one with its options. */
  constructor (_options?: unknown, now = () => performance.now()) {
    this.#now = now
  }

  /** Counts one more, and tells how many they are and in how many milliseconds the count starts anew. */
  incr (source: string, callback: (error: Error | null, result: { current: number, ttl: number }) => void, windowMs: number): void {
    const now = this.#now()
    const window = this.#windows.get(source)
    if (window !== undefined && now < window.began + windowMs) {
      window.current++
      return callback(null, { current: window.current, ttl: window.began + windowMs - now })
    }
    this.#windows.delete(source)
    // The oldest is the one that ends first.
    if (this.#windows.size >= MOST_REMEMBERED) this.#windows.delete(this.#windows.keys().next().value!)
    this.#windows.set(source, { current: 1, began: now })
    callback(null, { current: 1, ttl: windowMs })
  }

  /** All routes count together. */
  child (): this {
    return this
  }
}
