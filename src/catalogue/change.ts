import { setTimeout } from 'node:timers/promises'
import type { Deadline } from '../deadline.js'
import { LeporelloError } from '../errors.js'
import { ABSENT, type DocumentIndex, type DocumentKind, type StoredDocument, type WriteOutcome } from '../ports/document-index.js'

/** What is to become of a document: new JSON, removal, or nothing (then nothing is sent). */
export type Decision<T> =
  | { readonly write: string, readonly result: T }
  | { readonly remove: true, readonly result: T }
  | { readonly result: T }

/** What a decision may rest on. */
export interface Present {
  readonly current: StoredDocument | undefined
  /** An earlier attempt of this same change was sent and its outcome never learned. */
  readonly afterUnknown: boolean
}

export interface Target {
  readonly index: DocumentIndex
  readonly kind: DocumentKind
  readonly id: string
  readonly deadline: Deadline
}

type Outcome = 'done' | 'conflict' | 'unknown'

const LONGEST_WAIT_MS = 1000
const FIRST_WAIT_MS = 10

/**
 * Every change of a document goes through here: read it, decide from what was read, write on the condition that it
 * is still that; after a conflict or an unknown outcome do it all again until the deadline.
 *
 * `decide` must be pure and idempotent, and throws when it refuses. A document that already is as wanted has to be
 * decided as a write of the same JSON, not as nothing: an engine's read may show a write of somebody else that is
 * not durable yet, and only a write of our own makes it safe to acknowledge.
 *
 * Rejects with `NOT_APPLIED` when nothing was written in time, with `OUTCOME_UNKNOWN` when that cannot be said.
 */
export async function changeDocument<T> (target: Target, decide: (present: Present) => Decision<T>): Promise<T> {
  let afterUnknown = false
  for (let attempt = 0; ; attempt++) {
    if (target.deadline.passed) throw outOfTime(target, afterUnknown)
    const { index, kind, id, deadline } = target
    const current: StoredDocument | undefined = await unlessUnknown(target, afterUnknown, () => index.get(kind, id, deadline))
    const decision = decide({ current, afterUnknown })
    const outcome: Outcome = await unlessUnknown(target, afterUnknown, () => apply(target, current, decision))
    if (outcome === 'done') return decision.result
    afterUnknown ||= outcome === 'unknown'
    await backOff(attempt, target.deadline)
  }
}

/** Any failure after an attempt of unknown outcome leaves it unknown: an index that is down says nothing about it. */
async function unlessUnknown<T> ({ id }: Target, afterUnknown: boolean, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    throw afterUnknown ? outcomeUnknown(id, error) : error
  }
}

async function apply<T> (target: Target, current: StoredDocument | undefined, decision: Decision<T>): Promise<Outcome> {
  const { index, kind, id, deadline } = target
  let written: WriteOutcome
  if ('write' in decision) {
    written = await index.put(kind, id, decision.write, current?.version ?? ABSENT, deadline)
  } else if ('remove' in decision && current !== undefined) {
    written = await index.remove(kind, id, current.version, deadline)
  } else {
    return 'done'
  }
  return written.outcome === 'written' ? 'done' : written.outcome
}

/** Waits for a random time that grows with the attempts, so that those who collided do not collide again. */
export async function backOff (attempt: number, deadline: Deadline): Promise<void> {
  const longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** attempt)
  await setTimeout(Math.max(0, Math.min(Math.random() * longest, deadline.remaining)))
}

export function outOfTime ({ id }: { readonly id: string }, afterUnknown: boolean): LeporelloError {
  if (afterUnknown) return outcomeUnknown(id)
  return new LeporelloError('NOT_APPLIED',
    `${id} was not changed: others kept changing it at the same time; sending the request again is safe`,
    { retryAfterSeconds: 1 })
}

export function outcomeUnknown (id: string, cause?: unknown): LeporelloError {
  return new LeporelloError('OUTCOME_UNKNOWN',
    `whether ${id} was changed is not known: the index did not answer in time; sending the request again is safe`,
    { retryAfterSeconds: 1, cause })
}
