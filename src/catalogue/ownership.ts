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

/** The same one for as long as it lasts, then another; made when it is first needed, which few changes do. */
export function renewedOwnership (requestTimeoutMs: number): () => Ownership {
  let current: Ownership | undefined
  return () => {
    if (current === undefined || current.until.passed) current = newOwnership(requestTimeoutMs)
    return current
  }
}

/** To be made before the write that makes it so begins to be sent. */
export function newOwnership (requestTimeoutMs: number): Ownership {
  return { owner: ulid(), until: Deadline.in(ownersTimeMs(requestTimeoutMs)) }
}
