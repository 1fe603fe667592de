import { setTimeout as delay } from 'node:timers/promises'
import { LeporelloError, type ErrorCode } from '../errors.js'

const FIRST_DELAY_MS = 250
const LONGEST_DELAY_MS = 10_000
const TELL_EVERY_MS = 30_000

/** After which doing it again, if it does no harm, may well succeed. */
const PASSING: readonly ErrorCode[] = ['INDEX_UNAVAILABLE', 'NOT_APPLIED', 'OUTCOME_UNKNOWN']

export interface OutageOptions {
  /** For how long nothing may succeed. */
  readonly patienceMs: number
  /** Told twice a minute at most, however many works meet it. */
  readonly onTrouble: (error: LeporelloError) => void
}

/** Of an index that many works are at together: one that has served is given time to serve again. */
export class Outage {
  readonly #options: OutageOptions
  #lastSuccess: number | undefined
  #told = -Infinity

  constructor (options: OutageOptions) {
    this.#options = options
  }

  /** Does `work`, which must do no harm twice, until the index serves it; rejects when that takes too long. */
  async outlast<T> (work: () => Promise<T>): Promise<T> {
    for (let delayMs = FIRST_DELAY_MS; ; delayMs = Math.min(2 * delayMs, LONGEST_DELAY_MS)) {
      try {
        const result = await work()
        this.#lastSuccess = performance.now()
        return result
      } catch (error) {
        if (!(error instanceof LeporelloError && PASSING.includes(error.code)) || this.#isTooLong()) throw error
        this.#tell(error)
      }
      // Those who were refused together are not to come back together.
      await delay(delayMs * (0.5 + Math.random()))
    }
  }

  #tell (error: LeporelloError): void {
    if (performance.now() - this.#told < TELL_EVERY_MS) return
    this.#told = performance.now()
    this.#options.onTrouble(error)
  }

  #isTooLong (): boolean {
    return this.#lastSuccess === undefined || performance.now() - this.#lastSuccess > this.#options.patienceMs
  }
}
