import type { Deadline } from '../../deadline.js'

/** One caller's promise, kept or broken by its own deadline at the latest. Settling it again does nothing. */
export class Waiter<T> {
  readonly promise: Promise<T>
  readonly deadline: Deadline
  /** Set when the request that may fulfil it is on its way. */
  sent = false
  readonly #timer: NodeJS.Timeout
  #resolve!: (value: T) => void
  #reject!: (reason: unknown) => void
  #settled = false

  /** `late` settles the waiter when its time is up. */
  constructor (deadline: Deadline, late: (waiter: Waiter<T>) => void) {
    this.deadline = deadline
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    this.#timer = setTimeout(() => late(this), Math.max(0, Math.ceil(deadline.remaining)))
  }

  get settled (): boolean {
    return this.#settled
  }

  resolve (value: T): void {
    this.#settle()
    this.#resolve(value)
  }

  reject (reason: unknown): void {
    this.#settle()
    this.#reject(reason)
  }

  #settle (): void {
    this.#settled = true
    clearTimeout(this.#timer)
  }
}

/** The latest deadline of at least one: until then somebody waits for the answer. */
export function latest (waiters: ReadonlyArray<{ readonly deadline: Deadline }>): Deadline {
  return waiters.map(({ deadline }) => deadline).reduce((a, b) => a.remaining >= b.remaining ? a : b)
}
