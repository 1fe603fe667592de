import { ApiError } from '../client/index.js'

/** So often in a row without getting further. */
const MOST_FAILURES = 5
const FIRST_DELAY_MS = 500
const LONGEST_DELAY_MS = 15_000

/** For so long in a row a server may have itself asked later. */
const LONGEST_PUT_OFF_MS = 300_000
const LONGEST_ASKED_MS = 60_000

/** How long a download waits before it is tried again, and when it is given up. */
export class Patience {
  #failures = 0
  #putOffMs = 0

  /** It got further. */
  renew (): void {
    this.#failures = 0
    this.#putOffMs = 0
  }

  /** Milliseconds to wait after this failure; undefined when there were too many. */
  after (error: unknown): number | undefined {
    const asked = askedMs(error)
    // Whoever says when to come again is there, and has only too much to do for now.
    if (asked !== undefined && this.#putOffMs < LONGEST_PUT_OFF_MS) {
      const delayMs = scattered(asked)
      this.#putOffMs += delayMs
      return delayMs
    }
    if (++this.#failures >= MOST_FAILURES) return undefined
    return Math.min(FIRST_DELAY_MS * 2 ** (this.#failures - 1), LONGEST_DELAY_MS)
  }
}

/** What the server asks for with `Retry-After`. */
function askedMs (error: unknown): number | undefined {
  const answer = error instanceof ApiError ? error : (error as Error).cause
  const seconds = answer instanceof ApiError ? answer.retryAfterSeconds : undefined
  return seconds === undefined || seconds <= 0 ? undefined : Math.min(seconds * 1000, LONGEST_ASKED_MS)
}

/** Up to half as long again, for those who were sent away together are not to come back together. */
function scattered (delayMs: number): number {
  return delayMs + Math.round(Math.random() * delayMs / 200) * 100
}
