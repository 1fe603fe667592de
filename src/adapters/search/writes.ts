import type { Deadline } from '../../deadline.js'
import { LeporelloError } from '../../errors.js'
import { ABSENT, type Version, type WriteOutcome } from '../../ports/document-index.js'
import type { Observer } from '../../ports/observer.js'
import { Batcher } from './batcher.js'
import type { Engine } from './engine.js'
import {
  engineUnavailable, faultIn, faultOf, isCertain, isIndexMissing, unreachable, writeRefused, type Fault
} from './errors.js'
import { versionOf } from './multi-get.js'
import { NoAnswer, type SearchAnswer } from './search-client.js'
import type { TargetIndex } from './target-index.js'
import { latest, Waiter } from './waiter.js'

/** A conditional write; without `json`, a removal. */
export interface Write {
  readonly id: string
  readonly json?: string
  readonly expected: Version | typeof ABSENT
}

interface PendingWrite {
  readonly id: string
  /** Its lines of the bulk request. */
  readonly lines: string
  readonly expected: Version | typeof ABSENT
  readonly writer: Waiter<WriteOutcome | 'index missing'>
}

interface BulkItem {
  readonly status: number
  readonly _seq_no?: number
  readonly _primary_term?: number
  readonly error?: Parameters<typeof faultOf>[1]
}

/** AWS refuses requests over 10 MiB on its smaller machines. */
const MAX_BATCH_BYTES = 5 * 1024 * 1024

/** A success without a number: nothing was stored. */
const DROPPED: Fault = { status: 400, type: '', reason: 'an ingest pipeline of the index drops it' }

/** The id of no document of ours. */
const NOBODY = 'leporello doctor'

/** Writes of single documents: those that wait to be sent travel together, each with its own condition and outcome. */
export class Writes {
  readonly #engine: Engine
  readonly #index: TargetIndex
  readonly #observer: Observer | undefined
  readonly #batches = new Batcher<PendingWrite>({
    send: writes => this.#send(writes),
    inFlight: 2,
    maxItems: 500,
    maxBytes: MAX_BATCH_BYTES,
    bytes: ({ lines }) => Buffer.byteLength(lines)
  })

  constructor (engine: Engine, index: TargetIndex, observer?: Observer) {
    this.#engine = engine
    this.#index = index
    this.#observer = observer
  }

  async write (write: Write, deadline: Deadline): Promise<WriteOutcome> {
    const first = await this.#attempt(write, deadline)
    if (first !== 'index missing') return first
    const second = await this.#attempt(write, deadline)
    if (second !== 'index missing') return second
    throw engineUnavailable(`the index "${this.#index.name}" is removed as often as it is created`)
  }

  /** Rejects with the reason when writes are refused. Changes nothing, and makes no index that is missing. */
  async check (deadline: Deadline): Promise<void> {
    // The removal of what is not there: for that an engine makes no index.
    const body = `${JSON.stringify({ delete: { _id: NOBODY } })}\n`
    const request = { method: 'POST', path: `${this.#index.path}/_bulk`, body, lines: true, repeatable: true } as const
    const answer = await this.#engine.send(request, deadline).catch(error => { throw unreachable(error) })
    const [item] = answer.status === 200 ? itemsOf(answer.text) : []
    if (item !== undefined && item.error === undefined && (item.status < 300 || item.status === 404)) return
    const fault = item === undefined ? faultIn(answer) : faultOf(item.status, item.error)
    if (!isIndexMissing(fault)) throw writeRefused(this.#index.name, NOBODY, fault)
  }

  #attempt ({ id, json, expected }: Write, deadline: Deadline): Promise<WriteOutcome | 'index missing'> {
    const writer: PendingWrite['writer'] = new Waiter(deadline, late => {
      const cause = engineUnavailable('the search engine did not answer within the request\'s time')
      if (late.sent) late.resolve({ outcome: 'unknown', cause })
      else late.reject(cause)
    })
    const lines = bulkLines(id, json, expected)
    this.#index.ensure().then(
      () => { if (!writer.settled) this.#batches.add({ id, lines, expected, writer }) },
      error => writer.reject(unreachable(error)))
    return writer.promise
  }

  async #send (writes: PendingWrite[]): Promise<void> {
    const wanted = writes.filter(({ writer }) => !writer.settled)
    if (wanted.length === 0) return
    this.#observer?.batched('write', wanted.length)
    for (const { writer } of wanted) writer.sent = true
    const body = wanted.map(({ lines }) => lines).join('')
    const deadline = latest(wanted.map(({ writer }) => writer))
    try {
      const answer = await this.#engine.send(
        { method: 'POST', path: `${this.#index.path}/_bulk`, body, lines: true }, deadline)
      await this.#settle(wanted, answer)
    } catch (error) {
      for (const { writer } of wanted) {
        // Only what was never sent is certain: no node was reached, or none said what engine it is.
        const certain = error instanceof LeporelloError || (error instanceof NoAnswer && !error.sent)
        if (certain) writer.reject(unreachable(error))
        else writer.resolve({ outcome: 'unknown', cause: unreachable(error) })
      }
    }
  }

  async #settle (writes: PendingWrite[], answer: SearchAnswer): Promise<void> {
    if (answer.status === 200) {
      const items = itemsOf(answer.text)
      for (const [at, write] of writes.entries()) this.#settleOne(write, items[at])
    } else if (writes.length > 1 && (answer.status === 400 || answer.status === 413)) {
      // All were refused for the sake of one, or for their size together.
      const half = writes.length >> 1
      await Promise.all([this.#send(writes.slice(0, half)), this.#send(writes.slice(half))])
    } else {
      for (const write of writes) this.#settleFault(write, faultIn(answer))
    }
  }

  #settleOne (write: PendingWrite, item: BulkItem | null | undefined): void {
    if (typeof item?.status !== 'number') {
      const cause = engineUnavailable('the search engine\'s answer to a write is not whole JSON')
      write.writer.resolve({ outcome: 'unknown', cause })
    } else if (item.status < 300 && item._seq_no === undefined) {
      write.writer.reject(writeRefused(this.#index.name, write.id, DROPPED))
    } else if (item.status < 300) {
      write.writer.resolve({ outcome: 'written', version: versionOf(item._seq_no, item._primary_term) })
    } else if (item.status === 404 && item.error === undefined) {
      write.writer.resolve({ outcome: 'conflict' }) // nothing to remove
    } else {
      this.#settleFault(write, faultOf(item.status, item.error))
    }
  }

  #settleFault ({ id, expected, writer }: PendingWrite, fault: Fault): void {
    if (fault.status === 409) {
      writer.resolve({ outcome: 'conflict' })
    } else if (isIndexMissing(fault)) {
      this.#index.note(fault)
      // Whatever was expected went with its index; nothing was expected: make the index and try again.
      writer.resolve(expected === ABSENT ? 'index missing' : { outcome: 'conflict' })
    } else if (isCertain(fault)) {
      writer.reject(writeRefused(this.#index.name, id, fault))
    } else {
      writer.resolve({ outcome: 'unknown', cause: writeRefused(this.#index.name, id, fault) })
    }
  }
}

function bulkLines (id: string, json: string | undefined, expected: Version | typeof ABSENT): string {
  if (expected === ABSENT) return `${JSON.stringify({ create: { _id: id } })}\n${json}\n`
  const [seqNo, primaryTerm] = expected.split(':').map(Number)
  const target = { _id: id, if_seq_no: seqNo, if_primary_term: primaryTerm }
  return json === undefined
    ? `${JSON.stringify({ delete: target })}\n`
    : `${JSON.stringify({ index: target })}\n${json}\n`
}

/** Each item is an object whose one member is named for its action. */
function itemsOf (text: string): readonly BulkItem[] {
  try {
    const { items = [] } = JSON.parse(text) as { items?: ReadonlyArray<Record<string, BulkItem>> }
    return items.flatMap(item => Object.values(item ?? {}))
  } catch {
    return []
  }
}
