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

/** To be made before the write that makes it so begins to be sent. */
export function newOwnership (requestTimeoutMs: number): Ownership {
  return { owner: ulid(), until: Deadline.in(ownersTimeMs(requestTimeoutMs)) }
}
