import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Database } from 'lmdb'
import { Deadline } from '../../deadline.js'
import { LeporelloError } from '../../errors.js'
import type { ChangeLog, LogEntry, LoggedKind, LogLimits, LogPage, LogPageOptions, StoredEntry } from '../../ports/change-log.js'
import type { Version, WriteOutcome } from '../../ports/document-index.js'

type Changes = Database<string, Buffer>

export interface ChangeLogAccess {
  readonly read: <Result>(read: (changes: Changes) => Result) => Result
  readonly write: (deadline: Deadline, write: (changes: Changes) => WriteOutcome) => Promise<WriteOutcome>
}

/** A page ends with the entry that makes it larger than this. */
const CHARACTERS_A_PAGE = 8 * 2 ** 20
const KEYS_A_TURN = 1000
const REMOVALS_AT_ONCE = 500
const REMOVAL_MS = 30_000

/** The write's number, and the place in it. */
const NUMBER_BYTES = 12

const POSITION = /^(\d{1,15})\.(\d{1,9})$/

const DONE: WriteOutcome = { outcome: 'written', version: '' as Version }

/**
 * Entries in a database of their own beside the documents. The versions that all writes of the environment count up are
 * the order, so a key is the kind, the name and that number, and entries lie as they are read.
 */
export class EmbeddedChangeLog implements ChangeLog {
  readonly #access: ChangeLogAccess
  #gathered: { readonly entries: LogEntry[], readonly done: Promise<void> } | undefined

  constructor (access: ChangeLogAccess) {
    this.#access = access
  }

  /** Those of one turn of the event loop are one transaction. */
  async append (entry: LogEntry, deadline: Deadline): Promise<void> {
    this.#gathered ??= { entries: [], done: nextTurn().then(() => this.#write(deadline)) }
    this.#gathered.entries.push(entry)
    await this.#gathered.done
  }

  async #write (deadline: Deadline): Promise<void> {
    const { entries } = this.#gathered!
    this.#gathered = undefined
    const { outcome } = await this.#access.write(deadline, changes => {
      for (const { kind, name, version, part, at, json } of entries) {
        const key = keyOf(kind, name, Number(version), part)
        if (!changes.doesExist(key)) changes.put(key, `${at.getTime()}\n${json}`)
      }
      return DONE
    })
    if (outcome !== 'written') throw new LeporelloError('INDEX_UNAVAILABLE', 'whether the change was told is not known')
  }

  async page (kind: LoggedKind, name: string, { before, limit }: LogPageOptions): Promise<LogPage> {
    const end = prefixOf(kind, name)
    const start = before === undefined ? Buffer.concat([end, Buffer.alloc(NUMBER_BYTES, 0xff)]) : keyAt(kind, name, before)
    return this.#access.read(changes => {
      const entries: StoredEntry[] = []
      let characters = 0
      // The end of a reverse range is not part of it, and no key is the bare prefix.
      for (const { key, value } of changes.getRange({ reverse: true, start, exclusiveStart: before !== undefined, end })) {
        if (entries.length === limit || characters > CHARACTERS_A_PAGE) return { entries, isLast: false }
        entries.push(storedEntry(key, value))
        characters += value.length
      }
      return { entries, isLast: true }
    })
  }

  async trim ({ oldest, perName }: LogLimits, signal?: AbortSignal): Promise<number> {
    let removed = 0
    for await (const keys of this.#names()) {
      if (signal?.aborted === true) break
      const surplus = Math.max(0, keys.length - perName)
      const young = keys.findIndex((key, at) => at >= surplus && this.#timeOf(key) >= oldest.getTime())
      removed += await this.#remove(keys.slice(0, young === -1 ? keys.length : young))
    }
    return removed
  }

  async checkWrites (deadline: Deadline): Promise<void> {
    const { outcome } = await this.#access.write(deadline, () => DONE)
    if (outcome !== 'written') throw new LeporelloError('INDEX_UNAVAILABLE', 'the disk is too slow to tell whether it takes writes')
  }

  /** The keys of each name, the oldest first. */
  async * #names (): AsyncGenerator<readonly Buffer[]> {
    let own: Buffer[] = []
    for (let last: Buffer | undefined; ;) {
      await nextTurn()
      const start = last === undefined ? {} : { start: last, exclusiveStart: true }
      const keys = this.#access.read(changes => Array.from(changes.getKeys({ ...start, limit: KEYS_A_TURN })))
      for (const key of keys) {
        if (own[0] !== undefined && !ofSameName(own[0], key)) {
          yield own
          own = []
        }
        own.push(key)
      }
      last = keys.at(-1)
      if (last === undefined) break
    }
    if (own.length > 0) yield own
  }

  /** Later than everything for one that somebody else has removed. */
  #timeOf (key: Buffer): number {
    const value = this.#access.read(changes => changes.get(key))
    return value === undefined ? Infinity : Number.parseInt(value)
  }

  async #remove (keys: readonly Buffer[]): Promise<number> {
    for (let at = 0; at < keys.length; at += REMOVALS_AT_ONCE) {
      const { outcome } = await this.#access.write(Deadline.in(REMOVAL_MS), changes => {
        for (const key of keys.slice(at, at + REMOVALS_AT_ONCE)) changes.remove(key)
        return DONE
      })
      if (outcome !== 'written') throw new LeporelloError('INDEX_UNAVAILABLE', 'the disk is too slow to remove old entries')
    }
    return keys.length
  }
}

/** Names have no control characters. */
function prefixOf (kind: LoggedKind, name: string): Buffer {
  return Buffer.from(`${kind}\0${name}\0`)
}

function keyOf (kind: LoggedKind, name: string, number: number, part: number): Buffer {
  const count = Buffer.alloc(NUMBER_BYTES)
  count.writeBigUInt64BE(BigInt(number))
  count.writeUInt32BE(part, 8)
  return Buffer.concat([prefixOf(kind, name), count])
}

function keyAt (kind: LoggedKind, name: string, position: string): Buffer {
  const [, number, part] = POSITION.exec(position) ?? []
  if (number !== undefined) return keyOf(kind, name, Number(number), Number(part))
  throw new LeporelloError('PARAMETER_INVALID', 'before must be what an earlier page gave', { details: { parameter: 'before' } })
}

function ofSameName (one: Buffer, other: Buffer): boolean {
  return one.subarray(0, -NUMBER_BYTES).equals(other.subarray(0, -NUMBER_BYTES))
}

function storedEntry (key: Buffer, value: string): StoredEntry {
  const number = key.subarray(-NUMBER_BYTES)
  const seqNo = Number(number.readBigUInt64BE())
  return {
    position: `${seqNo}.${number.readUInt32BE(8)}`,
    write: { index: null, primary_term: null, seq_no: seqNo },
    at: new Date(Number.parseInt(value)),
    json: value.slice(value.indexOf('\n') + 1)
  }
}
