import type { ContainerSet, ContainerSets } from '../domain/container-sets.js'
import type { Version } from '../ports/document-index.js'
import type { LaneAttempt } from './lane-attempt.js'
import { PART_AFTER, type ChangeRecorder, type MadeChange } from './made-change.js'
import type { PendingChange, Step } from './pending-change.js'

/** Tells the history what the writes of a lane changed, each change by itself. */
export class LaneHistory {
  readonly #id: string
  readonly #recorder: ChangeRecorder | undefined

  constructor (id: string, recorder: ChangeRecorder | undefined) {
    this.#id = id
    this.#recorder = recorder
  }

  /** The container was written for these, or, without a version of the write, turned out to be. */
  containerWritten (attempt: LaneAttempt, changes: readonly PendingChange[], version: Version | undefined): void {
    const standing = version ?? attempt.landedOn?.document?.version
    if (this.#recorder === undefined || standing === undefined) return
    let part = version === undefined ? PART_AFTER : 0
    for (const change of changes) {
      const { before, after } = attempt.judged.get(change)!.step
      if (before.document?.json === after.document?.json && !change.unknown) continue
      this.#recorder.record({
        kind: 'container',
        name: this.#id,
        ...change.told,
        build: after.document?.build,
        before: before.document?.json,
        after: after.document?.json,
        // Whoever asked for the change has been told of its tag, and the next one finds what this one left.
        tags: { before: before.document?.tag ?? null, after: after.document?.tag ?? null },
        version: standing,
        part: part++
      })
    }
  }

  /** The sets were written for these. What only prepares a write of the container is not told. */
  setsWritten (attempt: LaneAttempt, changes: readonly PendingChange[], version: Version): void {
    let part = 0
    for (const change of changes) {
      const { step } = attempt.judged.get(change)!
      const made = movesOf(step)
      // What was sent before without an answer is there already.
      const moves = made.length === 0 && change.unknown && change.tried !== undefined ? movesOf(change.tried) : made
      for (const move of moves) {
        this.#recorder?.record({ kind: 'sets', name: this.#id, ...change.told, ...move, version, part: part++ })
      }
    }
  }
}

type Move = Pick<MadeChange, 'build' | 'before' | 'after'>

/** The sets that an image joined, and those that ended without being shown. */
function movesOf ({ before, after }: Step): Move[] {
  if (before.sets === after.sets) return []
  const known = new Map(before.sets.sets.map(set => [set.id, set]))
  return after.sets.sets.flatMap(set => {
    const old = known.get(set.id)
    if (old === set || (set.state !== 'waiting' && set.state !== 'expired')) return []
    // A repeat begins the waiting anew, and changes nothing else.
    if (old !== undefined && told({ ...old, since: set.since }) === told(set)) return []
    return [{ build: set.build, before: old && told(old), after: told(set) }]
  })
}

/** Of a set that ended by itself. */
export function endOf (set: ContainerSet, left: ContainerSets): Pick<Move, 'before' | 'after'> {
  const after = left.get(set.id)
  return { before: told(set), after: after && told(after) }
}

function told ({ owner, ...set }: ContainerSet): string {
  return JSON.stringify(set)
}
