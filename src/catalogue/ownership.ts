import { ulid } from 'ulid'
import { Deadline } from '../deadline.js'
import { ownersTimeMs } from '../domain/set-times.js'

/** The right to publish a complete set. */
export interface Ownership {
  /** A ULID of its own for every attempt to complete a set or to take one over. */
  readonly owner: string
  /** The owner sends no write after that, so that others can tell by their own clocks when they may take over. */
  readonly until: Deadline
}

/** The same ownership for as long as it lasts, then another; made when it is first needed, which few changes do. */
export class RenewedOwnership {
  readonly #requestTimeoutMs: number
  #current: Ownership | undefined

  constructor (requestTimeoutMs: number) {
    this.#requestTimeoutMs = requestTimeoutMs
  }

  get current (): Ownership {
    if (this.#current === undefined || this.#current.until.passed) this.#current = newOwnership(this.#requestTimeoutMs)
    return this.#current
  }

  /** What is in its hands is from now on in those of somebody who is gone. */
  giveUp (): void {
    this.#current = undefined
  }
}

/** To be made before the write that makes it so begins to be sent. */
export function newOwnership (requestTimeoutMs: number): Ownership {
  return { owner: ulid(), until: Deadline.in(ownersTimeMs(requestTimeoutMs)) }
}
