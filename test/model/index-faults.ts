import { setImmediate as nextTurn, setTimeout } from 'node:timers/promises'
import type { Deadline } from '../../src/deadline.js'
import { ABSENT, type DocumentIndex, type DocumentKind, type StoredDocument, type Version, type WriteOutcome } from '../../src/ports/document-index.js'
import { changed } from '../catalogue/swept-catalogue.js'
import type { Random } from '../random.js'

const LONGEST_LEISURE_TURNS = 8

/** Writes that land when those who sent them have stopped to wait. */
export class LateWrites {
  readonly #writes = new Set<Promise<unknown>>()

  send (write: () => Promise<unknown>, afterMs: number): void {
    // The run may be over by then, and the index closed.
    const late = setTimeout(afterMs).then(write).catch(() => {})
    this.#writes.add(late)
    late.finally(() => { this.#writes.delete(late) })
  }

  async landed (): Promise<void> {
    await Promise.all(this.#writes)
  }
}

export interface Faults {
  readonly random: Random
  readonly late: LateWrites
  /** Out of how many writes three go wrong, each in its own way. */
  readonly outOf: number
}

/**
 * An index that loses some requests and answers of writes, and lets some writes land late. A late creation is left
 * out: it may come after a removal, which is the one gap that is known.
 */
export function unreliable (index: DocumentIndex, faults: Faults): DocumentIndex {
  return changed(index, {
    put: (kind, id, json, expected, deadline) => {
      const write = () => index.put(kind, id, json, expected, deadline)
      return maybeLost(write, faults, expected !== ABSENT)
    },
    remove: (kind, id, expected, deadline) => maybeLost(() => index.remove(kind, id, expected, deadline), faults, true)
  })
}

async function maybeLost (write: () => Promise<WriteOutcome>, { random, late, outOf }: Faults, mayBeLate: boolean): Promise<WriteOutcome> {
  const unknown = { outcome: 'unknown', cause: new Error('no answer') } as const
  switch (random.below(outOf)) {
    case 0: return unknown
    case 1:
      await write()
      return unknown
    case 2:
      if (!mayBeLate) return await write()
      late.send(write, random.below(20))
      return unknown
    default: return await write()
  }
}

/** An index that writes these kinds whatever it is told, whether or not the document is still what the writer read. */
export function unconditional (index: DocumentIndex, kinds: readonly DocumentKind[]): DocumentIndex {
  const blind = async (kind: DocumentKind, id: string, deadline: Deadline, write: (version: Version | typeof ABSENT) => Promise<WriteOutcome>) => {
    for (;;) {
      const current = await index.get(kind, id, deadline)
      const written = await write(current?.version ?? ABSENT)
      if (written.outcome !== 'conflict') return written
    }
  }
  return changed(index, {
    put: (kind, id, json, expected, deadline) => kinds.includes(kind)
      ? blind(kind, id, deadline, version => index.put(kind, id, json, version, deadline))
      : index.put(kind, id, json, expected, deadline),
    remove: (kind, id, expected, deadline) => kinds.includes(kind)
      ? blind(kind, id, deadline, version => version === ABSENT ? Promise.resolve({ outcome: 'written', version: expected }) : index.remove(kind, id, version, deadline))
      : index.remove(kind, id, expected, deadline)
  })
}

/** An index that takes its time, a different one for every request, so that those of several instances fall between each other. */
export function leisurely (index: DocumentIndex, random: Random): DocumentIndex {
  const atLeisure = async <T>(request: () => Promise<T>): Promise<T> => {
    for (let turns = random.below(LONGEST_LEISURE_TURNS); turns > 0; turns--) await nextTurn()
    return await request()
  }
  return changed(index, {
    get: (...request) => atLeisure(() => index.get(...request)),
    put: (...request) => atLeisure(() => index.put(...request)),
    remove: (...request) => atLeisure(() => index.remove(...request))
  })
}

/** An index whose documents are read as somebody changed them. */
export function misread (index: DocumentIndex, kind: DocumentKind, change: (document: Record<string, unknown>) => Record<string, unknown>): DocumentIndex {
  return changed(index, {
    get: async (asked: DocumentKind, id: string, deadline: Deadline): Promise<StoredDocument | undefined> => {
      const document = await index.get(asked, id, deadline)
      if (asked !== kind || document === undefined) return document
      return { ...document, json: JSON.stringify(change(JSON.parse(document.json) as Record<string, unknown>)) }
    }
  })
}
