import type { Deadline } from '../deadline.js'
import type { ContainerDocument } from '../domain/container-document.js'
import { LeporelloError } from '../errors.js'
import { outcomeUnknown, outOfTime } from './change.js'

/** What a change may rest on. */
export interface Standing {
  /** As it is, or as the changes before this one leave it. */
  readonly document: ContainerDocument | undefined
  /** This change was sent before and its outcome never learned. */
  readonly afterUnknown: boolean
}

/** What a change leaves behind, absent for a removal, and what to answer once that stands. */
export interface Outcome<T> {
  readonly document: ContainerDocument | undefined
  readonly result: T
}

/** Pure and idempotent; throws when it refuses. */
export type ContainerChange<T> = (standing: Standing) => Outcome<T>

/** What a change came to on one reading of the document. */
export type Verdict =
  | { readonly result: unknown }
  | { readonly refusal: unknown }

/** A change that waits in a lane, until it is answered or its deadline passes. */
export class PendingChange {
  readonly deadline: Deadline
  readonly promise: Promise<unknown>
  /** It is part of a write that is on its way. */
  sent = false
  /** Somebody else's write came before one that it was part of. */
  beaten = false
  /** It was part of a write whose outcome was never learned. */
  unknown = false
  readonly #id: string
  readonly #change: ContainerChange<unknown>
  readonly #timer: NodeJS.Timeout
  #resolve!: (result: unknown) => void
  #reject!: (reason: unknown) => void
  #answered = false

  constructor (id: string, change: ContainerChange<unknown>, deadline: Deadline) {
    this.#id = id
    this.#change = change
    this.deadline = deadline
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    this.#timer = setTimeout(() => { this.fail(this.#tooLate()) }, Math.max(0, Math.ceil(deadline.remaining)))
  }

  get answered (): boolean {
    return this.#answered
  }

  /** What it makes of the document, which is left in place when it refuses. */
  judge (document: ContainerDocument | undefined): { readonly document: ContainerDocument | undefined, readonly verdict: Verdict } {
    try {
      const outcome = this.#change({ document, afterUnknown: this.unknown })
      return { document: outcome.document, verdict: { result: outcome.result } }
    } catch (refusal) {
      return { document, verdict: { refusal } }
    }
  }

  answer (verdict: Verdict): void {
    if ('refusal' in verdict) return this.fail(verdict.refusal)
    this.#settle()
    this.#resolve(verdict.result)
  }

  /** Whatever is refused or fails after an attempt of unknown outcome may have happened all the same. */
  fail (reason: unknown): void {
    this.#settle()
    const isKnown = !this.unknown || (reason instanceof LeporelloError && reason.code === 'OUTCOME_UNKNOWN')
    this.#reject(isKnown ? reason : outcomeUnknown(this.#id, reason))
  }

  #tooLate (): LeporelloError {
    if (this.sent || this.beaten) return outOfTime({ id: this.#id }, this.sent)
    return new LeporelloError('INDEX_UNAVAILABLE', `${this.#id} was not changed: the index did not answer in time`,
      { retryAfterSeconds: 1 })
  }

  #settle (): void {
    this.#answered = true
    clearTimeout(this.#timer)
  }
}
