import type { Deadline } from '../../deadline.js'
import type { StoredDocument } from '../../ports/document-index.js'
import type { Observer } from '../../ports/observer.js'
import { Batcher } from './batcher.js'
import { engineUnavailable, refused, unreachable } from './errors.js'
import { isFault, MultiGet, type Found } from './multi-get.js'
import type { TargetIndex } from './target-index.js'
import { latest, Waiter } from './waiter.js'

type Reader = Waiter<StoredDocument | undefined>

/** An id that is asked for, and everybody who asked before it was sent. */
interface Slot {
  readonly id: string
  readonly readers: Reader[]
}

/** Reads of single documents: those that wait to be sent travel together, and those of the same id share a slot. */
export class Reads {
  readonly #index: TargetIndex
  readonly #documents: MultiGet
  readonly #observer: Observer | undefined
  readonly #waiting = new Map<string, Slot>()
  readonly #batches = new Batcher<Slot>({ send: slots => this.#send(slots), inFlight: 4, maxItems: 100 })

  constructor (index: TargetIndex, documents: MultiGet, observer?: Observer) {
    this.#index = index
    this.#documents = documents
    this.#observer = observer
  }

  get (id: string, deadline: Deadline): Promise<StoredDocument | undefined> {
    const reader: Reader = new Waiter(deadline, late => late.reject(
      engineUnavailable('the search engine did not answer within the request\'s time')))
    const slot = this.#waiting.get(id)
    if (slot) {
      slot.readers.push(reader)
    } else {
      const opened = { id, readers: [reader] }
      this.#waiting.set(id, opened)
      this.#batches.add(opened)
    }
    return reader.promise
  }

  async #send (slots: Slot[]): Promise<void> {
    for (const { id } of slots) this.#waiting.delete(id)
    const wanted = slots.filter(({ readers }) => readers.some(reader => !reader.settled))
    if (wanted.length === 0) return
    this.#observer?.batched('read', wanted.length)
    try {
      const deadline = latest(wanted.flatMap(({ readers }) => readers))
      let next = 0
      for await (const outcomes of this.#documents.read(wanted.map(({ id }) => id), { deadline })) {
        for (const outcome of outcomes) this.#settle(wanted[next++]!, outcome)
      }
    } catch (error) {
      const reason = unreachable(error)
      for (const { readers } of wanted) for (const reader of readers) reader.reject(reason)
    }
  }

  #settle ({ readers }: Slot, outcome: Found): void {
    for (const reader of readers) {
      if (isFault(outcome)) reader.reject(refused(`reads of the index "${this.#index.name}"`, outcome.fault))
      else reader.resolve(outcome)
    }
  }
}
