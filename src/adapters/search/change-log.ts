import { createHash } from 'node:crypto'
import type { Deadline } from '../../deadline.js'
import { LeporelloError } from '../../errors.js'
import type { ChangeLog, LogEntry, LoggedKind, LogLimits, LogPage, LogPageOptions, StoredEntry } from '../../ports/change-log.js'
import { ABSENT } from '../../ports/document-index.js'
import type { Observer } from '../../ports/observer.js'
import type { Engine } from './engine.js'
import { engineUnavailable, faultIn, isIndexMissing, parseAnswer, refused, unreachable } from './errors.js'
import { LogTrim } from './log-trim.js'
import type { Identity, IndexIdentity } from './index-identity.js'
import { Refreshes } from './refreshes.js'
import { TooLarge, type SearchAnswer } from './search-client.js'
import type { TargetIndex } from './target-index.js'
import { Writes } from './writes.js'

/** An entry as it is stored; `of` is whose it is, and `entry` JSON text, so that no digit of it is lost. */
interface LogDocument {
  readonly of: string
  readonly created: number
  readonly index: string
  readonly term: number
  readonly seq: number
  readonly part: number
  readonly at: number
  readonly entry: string
}

interface LogAnswer {
  readonly timed_out?: boolean
  readonly _shards?: { readonly failed: number }
  readonly hits?: { readonly hits: ReadonlyArray<{ readonly _source: LogDocument, readonly sort: readonly unknown[] }> }
}

/** The engine's own order of the writes of one document: an index after another, and its counters within it. */
const ORDER = ['created', 'index', 'term', 'seq', 'part'] as const

/** What others wrote has no place in that order, or no time. */
const IS_ENTRY = [...ORDER, 'at'].map(field => ({ exists: { field } }))

/** Larger answers are not read, and fewer entries asked for. */
const MOST_BYTES = 16 * 2 ** 20

/** Entries in an index of their own, one document each, named for the write so that a repeat is recognised. */
export class SearchChangeLog implements ChangeLog {
  readonly #engine: Engine
  readonly #index: TargetIndex
  readonly #identities: Readonly<Record<LoggedKind, IndexIdentity>>
  readonly #writes: Writes
  readonly #refreshes: Refreshes

  /** The identities are those of the indices that the changes were made in. */
  constructor (
    engine: Engine, index: TargetIndex, identities: Readonly<Record<LoggedKind, IndexIdentity>>, observer?: Observer
  ) {
    this.#engine = engine
    this.#index = index
    this.#identities = identities
    this.#writes = new Writes(engine, index, observer)
    this.#refreshes = new Refreshes(engine, index)
  }

  async append (entry: LogEntry, deadline: Deadline): Promise<void> {
    const document = documentOf(entry, await this.#identities[entry.kind].read(deadline))
    this.#index.forget()
    const write = { id: idOf(document), json: JSON.stringify(document), expected: ABSENT } as const
    const { outcome } = await this.#writes.write(write, deadline)
    // After a conflict it is there already.
    if (outcome === 'unknown') throw engineUnavailable('whether the change was told is not known')
  }

  async page (kind: LoggedKind, name: string, { before, limit }: LogPageOptions, deadline: Deadline): Promise<LogPage> {
    const after = before === undefined ? undefined : parsePosition(before)
    await this.#refreshes.refresh(deadline)
    for (let size = limit; ; size = Math.max(1, size >> 2)) {
      const answer = await this.#search(ofName(kind, name), after, size, size === 1 ? Infinity : MOST_BYTES, deadline)
      if (answer === 'too large') continue
      const hits = this.#hitsIn(answer)
      return { entries: hits.map(storedEntry), isLast: hits.length < size }
    }
  }

  async trim (limits: LogLimits, signal?: AbortSignal): Promise<number> {
    const order = ORDER.map(field => ({ [field]: 'desc' }))
    return await new LogTrim(this.#engine, this.#index, this.#refreshes, order).run(limits, signal)
  }

  async checkWrites (deadline: Deadline): Promise<void> {
    await this.#writes.check(deadline)
  }

  async #search (
    of: string, after: readonly unknown[] | undefined, size: number, mostBytes: number, deadline: Deadline
  ): Promise<SearchAnswer | 'too large'> {
    const body = JSON.stringify({
      size,
      query: { bool: { filter: [{ term: { of } }, ...IS_ENTRY] } },
      sort: ORDER.map(field => ({ [field]: { order: 'desc', unmapped_type: field === 'index' ? 'keyword' : 'long' } })),
      ...after !== undefined && { search_after: after },
      track_total_hits: false
    })
    const query = 'allow_partial_search_results=false&filter_path=timed_out,_shards.failed,hits.hits._source,hits.hits.sort'
    const request = { method: 'POST', path: `${this.#index.path}/_search`, query, body, repeatable: true } as const
    try {
      return await this.#engine.send({ ...request, ...mostBytes !== Infinity && { mostBytes } }, deadline)
    } catch (error) {
      if (error instanceof TooLarge) return 'too large'
      throw unreachable(error)
    }
  }

  #hitsIn (answer: SearchAnswer): ReadonlyArray<{ readonly _source: LogDocument, readonly sort: readonly unknown[] }> {
    if (answer.status !== 200) {
      const fault = faultIn(answer)
      if (isIndexMissing(fault)) return []
      throw refused(`the history in the index "${this.#index.name}"`, fault)
    }
    const { timed_out: late, _shards: shards, hits } = parseAnswer<LogAnswer>(answer)
    if (late !== false || shards?.failed !== 0) throw engineUnavailable('the history is not complete: some shards failed')
    return hits?.hits ?? []
  }
}

function ofName (kind: LoggedKind, name: string): string {
  return `${kind}:${name}`
}

function documentOf ({ kind, name, version, part, at, json }: LogEntry, { uuid, created }: Identity): LogDocument {
  const [seq, term] = version.split(':').map(Number) as [number, number]
  return { of: ofName(kind, name), created, index: uuid, term, seq, part, at: at.getTime(), entry: json }
}

/** Where it is not known which index it was, the time tells writes of the same number apart. */
function idOf ({ of, index, term, seq, part, at }: LogDocument): string {
  const names = [index, of, term, seq, part, ...index === '' ? [at] : []]
  return createHash('sha256').update(JSON.stringify(names)).digest('base64url')
}

function storedEntry ({ _source: { index, term, seq, at, entry }, sort }: { readonly _source: LogDocument, readonly sort: readonly unknown[] }): StoredEntry {
  return {
    position: JSON.stringify(sort),
    write: { index: index === '' ? null : index, primary_term: term, seq_no: seq },
    at: new Date(at),
    json: entry
  }
}

function parsePosition (text: string): readonly unknown[] {
  try {
    const position = JSON.parse(text) as unknown
    const isOne = Array.isArray(position) && position.length === ORDER.length &&
      position.every((value, at) => ORDER[at] === 'index' ? typeof value === 'string' : Number.isSafeInteger(value))
    if (isOne) return position
  } catch {
    // answered below
  }
  throw new LeporelloError('PARAMETER_INVALID', 'before must be what an earlier page gave', { details: { parameter: 'before' } })
}
