import { setTimeout } from 'node:timers/promises'
import type { Deadline } from '../deadline.js'
import { LeporelloError } from '../errors.js'
import { ABSENT, type DocumentIndex, type DocumentKind, type StoredDocument, type WriteOutcome } from '../ports/document-index.js'
import { PART_AFTER, type MadeChange } from './made-change.js'

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
  /** Told of a write that is known to stand, unless it changed nothing. */
  readonly onWritten?: (written: WrittenChange) => void
}

/** What a write changed, see `MadeChange`. */
export type WrittenChange = Pick<MadeChange, 'before' | 'after' | 'version' | 'part'>

/** A change that was sent. */
interface Sent {
  readonly before: StoredDocument | undefined
  readonly after: string | undefined
}

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
  let unknown: Sent | undefined
  for (let attempt = 0; ; attempt++) {
    const afterUnknown = unknown !== undefined
    if (target.deadline.passed) throw outOfTime(target, afterUnknown)
    const { index, kind, id, deadline } = target
    const current: StoredDocument | undefined = await unlessUnknown(target, afterUnknown, () => index.get(kind, id, deadline))
    const decision = decide({ current, afterUnknown })
    const written: WriteOutcome | undefined = await unlessUnknown(target, afterUnknown, () => apply(target, current, decision))
    const sent = { before: current, after: 'write' in decision ? decision.write : undefined }
    if (written === undefined || written.outcome === 'written') {
      tell(target, sent, written, unknown)
      return decision.result
    }
    if (written.outcome === 'unknown') unknown = sent
    await backOff(attempt, target.deadline)
  }
}

/** Where an attempt without an answer is what stands, that one was the change. */
function tell ({ onWritten }: Target, sent: Sent, written: WriteOutcome | undefined, unknown: Sent | undefined): void {
  const landed = unknown !== undefined && unknown.after === sent.before?.json ? unknown : undefined
  const { before, after } = landed ?? sent
  if (before?.json === after) return
  if (written?.outcome === 'written') onWritten?.({ before: before?.json, after, version: written.version, part: 0 })
  else if (landed?.before !== undefined) onWritten?.({ before: before?.json, after, version: landed.before.version, part: PART_AFTER })
}

/** Any failure after an attempt of unknown outcome leaves it unknown: an index that is down says nothing about it. */
async function unlessUnknown<T> ({ id }: Target, afterUnknown: boolean, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    throw afterUnknown ? outcomeUnknown(id, error) : error
  }
}

/** Undefined when nothing had to be sent. */
async function apply<T> (
  target: Target, current: StoredDocument | undefined, decision: Decision<T>
): Promise<WriteOutcome | undefined> {
  const { index, kind, id, deadline } = target
  if ('write' in decision) return await index.put(kind, id, decision.write, current?.version ?? ABSENT, deadline)
  if ('remove' in decision && current !== undefined) return await index.remove(kind, id, current.version, deadline)
  return undefined
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
