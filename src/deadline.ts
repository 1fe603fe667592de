import { performance } from 'node:perf_hooks'

/** The moment, on this process's monotonic clock, after which a request is no longer worth working on. */
export class Deadline {
  readonly #at: number

  private constructor (at: number) {
    this.#at = at
  }

  static in (milliseconds: number): Deadline {
    return new Deadline(performance.now() + milliseconds)
  }

  /** Milliseconds left; zero or less when it has passed. */
  get remaining (): number {
    return this.#at - performance.now()
  }

  get passed (): boolean {
    return this.remaining <= 0
  }
}
