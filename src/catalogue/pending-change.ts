import type { Deadline } from '../deadline.js'
import type { ContainerDocument } from '../domain/container-document.js'
import type { ContainerSet, ContainerSets } from '../domain/container-sets.js'
import { LeporelloError } from '../errors.js'
import { outcomeUnknown, outOfTime } from './change.js'
import type { MadeChange } from './made-change.js'
import type { Ownership } from './ownership.js'

/** What a change may rest on: the container and its sets as they are, or as the changes before this one leave them. */
export interface Reading {
  readonly document: ContainerDocument | undefined
  /** None, unless the change needs them. */
  readonly sets: ContainerSets
  /** This change was sent before and its outcome never learned. */
  readonly afterUnknown: boolean
  /** Gives the ownership of the sets that this change completes. */
  readonly ownership: () => Ownership
}

/** What is to be written, and what to answer once that stands. Sets are always written before the document. */
export type Outcome<T> =
  /** The document is undefined for a removal. */
  | { readonly document: ContainerDocument | undefined, readonly sets?: ContainerSets, readonly result: T }
  | { readonly sets?: ContainerSets, readonly result: T }
  /** When the sets are written the complete one is published. Without a result the change is judged again after that. */
  | { readonly sets: ContainerSets, readonly publication: Publication, readonly result?: (document: ContainerDocument) => T }
  /** Nothing for now: the owner of this complete set has to publish it first. */
  | { readonly delayed: ContainerSet }

/** A complete set, by the one who may publish it. */
export interface Publication {
  readonly set: ContainerSet
  readonly ownership: Ownership
  /** Whoever completed it; absent: it is taken over. */
  readonly told?: Told
}

/** Pure and idempotent; throws when it refuses. */
export interface ContainerChange<T> {
  readonly judge: (reading: Reading) => Outcome<T>
  /** Whether it has to know the sets. */
  readonly needsSets: boolean
  readonly told: Told
}

/** What the history says of whoever asks for a change, and when. */
export type Told = Pick<MadeChange, 'at' | 'author' | 'operation'>

/** What a change came to on one reading. */
export type Verdict =
  | { readonly result: unknown }
  | { readonly refusal: unknown }
  | { readonly publication: Publication, readonly result?: ((document: ContainerDocument) => unknown) | undefined }
  | { readonly delayed: ContainerSet }

/** A change on one reading: what it leaves behind, and which of the two have to be written for it. */
export interface Judged {
  readonly step: Step
  readonly document: ContainerDocument | undefined
  readonly sets: ContainerSets
  readonly verdict: Verdict
  readonly writesDocument: boolean
  readonly writesSets: boolean
}

/** A change by itself: what it found and what it left. */
export interface Step {
  readonly before: Pick<Reading, 'document' | 'sets'>
  readonly after: Pick<Reading, 'document' | 'sets'>
}

/** A change that waits in a lane, until it is answered or its deadline passes. */
export class PendingChange {
  readonly deadline: Deadline
  readonly promise: Promise<unknown>
  readonly needsSets: boolean
  readonly told: Told
  /** It is part of a write that is on its way. */
  sent = false
  /** Somebody else's write came before one that it was part of, or somebody else's set has to be published first. */
  beaten = false
  /** How many of the writes that it was part of came after somebody else's. */
  conflicts = 0
  /** It was part of a write whose outcome was never learned. */
  unknown = false
  /** What to answer at the deadline: the set it is part of is shown, and has only to be closed. */
  certain: (() => unknown) | undefined
  /** What it was when it was last sent. */
  tried: Step | undefined
  readonly #id: string
  readonly #change: ContainerChange<unknown>
  readonly #timer: NodeJS.Timeout
  #resolve!: (result: unknown) => void
  #reject!: (reason: unknown) => void
  #answered = false

  constructor (id: string, change: ContainerChange<unknown>, deadline: Deadline) {
    this.#id = id
    this.#change = change
    this.needsSets = change.needsSets
    this.told = change.told
    this.deadline = deadline
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    this.#timer = setTimeout(() => { this.#leave() }, Math.max(0, Math.ceil(deadline.remaining)))
  }

  get answered (): boolean {
    return this.#answered
  }

  /** What it makes of the two, which are left in place when it refuses or has to wait. */
  judge ({ document, sets }: Pick<Reading, 'document' | 'sets'>, ownership: () => Ownership): Judged {
    const before = { document, sets }
    const nothing = { ...before, step: { before, after: before }, writesDocument: false, writesSets: false }
    try {
      const outcome = this.#change.judge({ document, sets, afterUnknown: this.unknown, ownership })
      if ('delayed' in outcome) return { ...nothing, verdict: outcome }
      const after = { document: 'document' in outcome ? outcome.document : document, sets: outcome.sets ?? sets }
      return {
        ...after,
        step: { before, after },
        verdict: 'publication' in outcome
          ? { publication: outcome.publication, result: outcome.result }
          : { result: outcome.result },
        writesDocument: 'document' in outcome,
        writesSets: outcome.sets !== undefined
      }
    } catch (refusal) {
      return { ...nothing, verdict: { refusal } }
    }
  }

  conflicted (): void {
    this.beaten = true
    this.conflicts++
  }

  answer (result: unknown): void {
    this.#settle()
    this.#resolve(result)
  }

  /** Whatever is refused or fails after an attempt of unknown outcome may have happened all the same. */
  fail (reason: unknown): void {
    this.#settle()
    const isKnown = !this.unknown || (reason instanceof LeporelloError && reason.code === 'OUTCOME_UNKNOWN')
    this.#reject(isKnown ? reason : outcomeUnknown(this.#id, reason))
  }

  #leave (): void {
    if (this.certain === undefined) this.fail(this.#tooLate())
    else this.answer(this.certain())
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
