import { ContainerDocument } from '../domain/container-document.js'
import { ContainerSets } from '../domain/container-sets.js'
import type { StoredDocument } from '../ports/document-index.js'
import type { Ownership } from './ownership.js'
import type { Judged, PendingChange } from './pending-change.js'

/** A container as it was read, and then its sets, where they were asked for. */
export interface LaneReading {
  readonly document: StoredDocument | undefined
  readonly sets: StoredDocument | undefined
}

/** The changes of a lane on one reading: what they leave behind together, and what it means to each of them. */
export interface LaneAttempt {
  readonly reading: LaneReading
  readonly document: ContainerDocument | undefined
  readonly sets: ContainerSets
  readonly judged: ReadonlyMap<PendingChange, Judged>
  /** What was there before a write of unknown outcome that turns out to be what stands. */
  readonly landedOn: LaneReading | undefined
}

/**
 * Applies the changes in order. Where the last write of unknown outcome turns out to be what stands, what it meant to
 * its changes still holds: they need not be judged again, only be written once more, to be sure of it.
 */
export function attemptOn (
  id: string, reading: LaneReading, batch: readonly PendingChange[], ownership: () => Ownership, unknown: LaneAttempt | undefined
): LaneAttempt {
  const landed = unknown !== undefined && unknown.document?.json === reading.document?.json
  let document = landed ? unknown.document : reading.document && ContainerDocument.parse(reading.document.json)
  let sets = ContainerSets.parse(id, reading.sets?.json)
  const judged = new Map<PendingChange, Judged>()
  for (const change of batch) {
    const before = landed ? unknown.judged.get(change) : undefined
    const isKnown = before !== undefined && (before.writesDocument || 'refusal' in before.verdict)
    // What it needed of the sets was written before the document was.
    const now = isKnown ? { ...before, document, sets, writesSets: false } : change.judge({ document, sets }, ownership)
    document = now.document
    sets = now.sets
    judged.set(change, now)
  }
  return { reading, document, sets, judged, landedOn: landed ? unknown.landedOn ?? unknown.reading : undefined }
}

/** The changes for which that one of the two has to be written. */
export function writersOf (attempt: LaneAttempt, what: 'writesDocument' | 'writesSets'): PendingChange[] {
  return [...attempt.judged].flatMap(([change, judged]) => judged[what] ? [change] : [])
}
