import type { DocumentIndex, DocumentKind, WriteOutcome } from '../../src/ports/document-index.js'
import { changed } from './swept-catalogue.js'

/** One call of an instance to the index. */
export interface Call {
  readonly method: 'get' | 'put' | 'remove'
  readonly kind: DocumentKind
  readonly id: string
}

export type Matches = (call: Call) => boolean

export const readOf = (kind: DocumentKind): Matches => call => call.method === 'get' && call.kind === kind

export const putOf = (kind: DocumentKind): Matches => call => call.method === 'put' && call.kind === kind

export const anyRead: Matches = ({ method }) => method === 'get'

/** A call that a test waits for, and lets go on when it likes. */
export interface Gate {
  readonly reached: Promise<void>
  open (): void
}

/** A write whose answer was lost before it was made. */
export interface LateWrite {
  readonly sent: Promise<void>
  land (): Promise<WriteOutcome>
}

interface Interruption {
  readonly matches: Matches
  /** How many matching calls go on undisturbed. */
  skip: number
  readonly act: (run: () => Promise<unknown>) => Promise<unknown>
}

const NEVER = new Promise<never>(() => {})

const UNKNOWN: WriteOutcome = { outcome: 'unknown', cause: new Error('no answer') }

/**
 * An index as one instance sees it, with chosen calls held, lost or never answered, each when the test says so. It adds
 * nothing else: what it gives is what the index under it says.
 */
export class GatedIndex {
  readonly index: DocumentIndex
  readonly calls: Call[] = []
  readonly #interruptions: Interruption[] = []
  readonly #watches: Array<{ readonly matches: Matches, left: number, readonly resolve: () => void }> = []
  #isDead = false

  constructor (inner: DocumentIndex) {
    const through = <T>(call: Call, run: () => Promise<T>): Promise<T> => this.#through(call, run)
    this.index = changed(inner, {
      get: (kind, id, ...rest) => through({ method: 'get', kind, id }, () => inner.get(kind, id, ...rest)),
      put: (kind, id, ...rest) => through({ method: 'put', kind, id }, () => inner.put(kind, id, ...rest)),
      remove: (kind, id, ...rest) => through({ method: 'remove', kind, id }, () => inner.remove(kind, id, ...rest))
    })
  }

  /** Holds the next such call, or one after it, before it is made. */
  hold (matches: Matches, { skip = 0 } = {}): Gate {
    const reached = signal()
    const opened = signal()
    this.#interruptions.push({
      matches,
      skip,
      act: async run => {
        reached.resolve()
        await opened.promise
        return await run()
      }
    })
    return { reached: reached.promise, open: opened.resolve }
  }

  /** The answer of the next such write is lost, and so is the request unless it `lands`. */
  lose (matches: Matches, { lands, skip = 0 }: { readonly lands: boolean, readonly skip?: number }): void {
    this.#interruptions.push({
      matches,
      skip,
      act: async run => {
        if (lands) await run()
        return UNKNOWN
      }
    })
  }

  /** The next such write is answered as if somebody else's had come before it. */
  beat (matches: Matches): void {
    this.#interruptions.push({ matches, skip: 0, act: async () => ({ outcome: 'conflict' }) })
  }

  /** The next such call fails. */
  fail (matches: Matches, error: Error): void {
    this.#interruptions.push({ matches, skip: 0, act: async () => { throw error } })
  }

  /** The answer of the next such write is lost, and it lands when it is told to. */
  delay (matches: Matches): LateWrite {
    const sent = signal()
    let write: () => Promise<unknown>
    this.#interruptions.push({
      matches,
      skip: 0,
      act: async run => {
        write = run
        sent.resolve()
        return UNKNOWN
      }
    })
    return { sent: sent.promise, land: async () => await write() as WriteOutcome }
  }

  /** From the next such call on, which may be made yet, nothing is answered: to everybody else that is a crash. */
  die (when: 'before' | 'after', matches: Matches, { skip = 0 } = {}): Promise<void> {
    const died = signal()
    this.#interruptions.push({
      matches,
      skip,
      act: async run => {
        if (when === 'after') await run()
        this.#isDead = true
        died.resolve()
        return await NEVER
      }
    })
    return died.promise
  }

  /** Resolves when so many more such calls have been made. */
  made (times: number, matches: Matches): Promise<void> {
    return new Promise(resolve => { this.#watches.push({ matches, left: times, resolve }) })
  }

  async #through<T> (call: Call, run: () => Promise<T>): Promise<T> {
    if (this.#isDead) return await NEVER
    this.calls.push(call)
    for (const watch of this.#watches) if (watch.matches(call) && --watch.left === 0) watch.resolve()
    const at = this.#interruptions.findIndex(each => each.matches(call) && each.skip-- === 0)
    if (at === -1) return await run()
    const [{ act }] = this.#interruptions.splice(at, 1) as [Interruption]
    return await act(run) as T
  }
}

function signal (): { readonly promise: Promise<void>, readonly resolve: () => void } {
  let resolve!: () => void
  const promise = new Promise<void>(_resolve => { resolve = _resolve })
  return { promise, resolve }
}
