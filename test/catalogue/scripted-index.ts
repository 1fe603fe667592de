import type { BackendHealth } from '../../src/ports/backend-health.js'
import type { ChangeLog } from '../../src/ports/change-log.js'
import { ABSENT, type DocumentIndex, type StoredDocument, type Version, type WriteOutcome } from '../../src/ports/document-index.js'

export type Interference = (write: () => WriteOutcome) => WriteOutcome

/**
 * One kind's documents in memory, and no sets, with the next writes going wrong as told. It stands for what no real
 * index does on demand (conflicts and lost answers in a chosen order), not for any engine.
 */
export class ScriptedIndex implements DocumentIndex {
  readonly changes = NO_LOG
  readonly stored = new Map<string, StoredDocument>()
  readonly interferences: Interference[] = []
  /** Runs before the next read, once. */
  beforeRead: (() => void) | undefined
  /** What a document is refused with, if it is. */
  refuse: (json: string) => Error | undefined = () => undefined
  writes = 0
  #version = 0

  store (id: string, json: string): void {
    this.stored.set(id, { id, json, version: String(++this.#version) as Version })
  }

  async get (kind: string, id: string): Promise<StoredDocument | undefined> {
    if (kind === 'sets') return undefined
    const before = this.beforeRead
    this.beforeRead = undefined
    before?.()
    return this.stored.get(id)
  }

  async put (_kind: string, id: string, json: string, expected: Version | typeof ABSENT): Promise<WriteOutcome> {
    const refusal = this.refuse(json)
    if (refusal !== undefined) throw refusal
    return this.#write(id, expected, () => this.store(id, json))
  }

  async remove (_kind: string, id: string, expected: Version): Promise<WriteOutcome> {
    return this.#write(id, expected, () => this.stored.delete(id))
  }

  #write (id: string, expected: Version | typeof ABSENT, apply: () => void): WriteOutcome {
    this.writes++
    const write = (): WriteOutcome => {
      if ((this.stored.get(id)?.version ?? ABSENT) !== expected) return { outcome: 'conflict' }
      apply()
      return { outcome: 'written', version: String(this.#version) as Version }
    }
    return (this.interferences.shift() ?? (write => write()))(write)
  }

  async * ids (): AsyncGenerator<readonly string[]> {
    if (this.stored.size > 0) yield [...this.stored.keys()].sort()
  }

  async * documents (): AsyncGenerator<readonly StoredDocument[]> {
    if (this.stored.size > 0) yield [...this.stored.values()]
  }

  async exists (): Promise<boolean> {
    return true
  }

  foreignDocuments (name: string): AsyncIterable<never> {
    throw new Error(`no index ${name}`)
  }

  async refresh (): Promise<void> {}

  async health (): Promise<BackendHealth> {
    return { kind: 'scripted', state: 'up' }
  }

  async close (): Promise<void> {}
}

/** Nobody asks what was changed. */
const NO_LOG: ChangeLog = {
  append: async () => {},
  page: async () => ({ entries: [], isLast: true }),
  trim: async () => 0,
  checkWrites: async () => {}
}

/** The write is applied and its answer lost. */
export const lostAnswer: Interference = write => {
  write()
  return { outcome: 'unknown', cause: new Error('reset') }
}

/** The write never arrives, and nobody can tell. */
export const lostRequest: Interference = () => ({ outcome: 'unknown', cause: new Error('reset') })
