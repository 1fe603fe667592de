import { setImmediate as nextTurn } from 'node:timers/promises'
import { Deadline } from '../deadline.js'
import { LeporelloError } from '../errors.js'
import type { ChangeLog } from '../ports/change-log.js'
import { logEntryOf, type ChangeRecorder, type MadeChange } from './made-change.js'

export interface HistoryOptions {
  readonly log: ChangeLog
  /** How long one attempt to write may take. */
  readonly requestTimeoutMs: number
  /** Told once when writing begins to fail, and once when what waits begins to be given up; not again before all is well. */
  readonly onTrouble?: (trouble: HistoryTrouble, error: unknown) => void
  /** Fewer in tests. */
  readonly mostWaiting?: number
}

/** `late`: the history is not up to date. `dropped`: some of it will be missing. */
export type HistoryTrouble = 'late' | 'dropped'

const MOST_WAITING = 10_000
const MOST_CHARACTERS = 64 * 2 ** 20
const AT_ONCE = 500
/** For so long changes are gathered: many small writes would be in the way of those that somebody waits for. */
const GATHERING_MS = 50
const FIRST_WAIT_MS = 50
const LONGEST_WAIT_MS = 10_000

/**
 * The changes that this process made and has not told yet. They wait in memory, as many as there may be, and a loop of
 * its own writes them: what is lost is what waits when the process is killed, and the oldest of what waits when the log
 * cannot be written for too long.
 */
export class History implements ChangeRecorder {
  readonly #options: HistoryOptions
  #waiting: MadeChange[] = []
  #sending: readonly MadeChange[] = []
  #characters = 0
  #dropped = 0
  #troubles = new Set<HistoryTrouble>()
  #isRunning = false
  #wake: () => void = () => {}
  #hurry: () => void = () => {}
  #closesBy: Deadline | undefined
  #isClosed = false
  /** Of all that were ever recorded. */
  #count = 0
  readonly #watches = new Set<{ readonly count: number, readonly resolve: () => void }>()

  constructor (options: HistoryOptions) {
    this.#options = options
  }

  /** How many changes wait to be told. */
  get length (): number {
    return this.#waiting.length + this.#sending.length
  }

  /** How many changes will never be told. */
  get dropped (): number {
    return this.#dropped
  }

  record (change: MadeChange): void {
    if (this.#isClosed) {
      this.#drop(1, undefined)
      return
    }
    this.#count++
    this.#waiting.push(change)
    this.#characters += charactersOf(change)
    this.#makeRoom(undefined)
    if (this.#waiting.length >= AT_ONCE) this.#hurry()
    if (!this.#isRunning) this.#run()
  }

  /** Resolves when nothing waits any more of what was recorded before the call, at the deadline at the latest. */
  async settled (deadline: Deadline): Promise<void> {
    if (this.length === 0) return
    this.#hurry()
    await new Promise<void>(resolve => {
      const watch = { count: this.#count, resolve: () => { clearTimeout(timer); resolve() } }
      const timer = setTimeout(() => { this.#watches.delete(watch); resolve() }, Math.max(0, deadline.remaining))
      this.#watches.add(watch)
    })
  }

  /** Tells what waits, for no longer than one attempt may take; the rest is dropped. */
  async close (): Promise<void> {
    this.#closesBy ??= Deadline.in(this.#options.requestTimeoutMs)
    this.#wake()
    await this.settled(this.#closesBy)
    this.#isClosed = true
    this.#wake()
    const left = this.length
    this.#waiting = []
    this.#sending = []
    if (left > 0) this.#drop(left, undefined)
  }

  /** It has ended in the moment in which it finds nothing, so that whatever is recorded after that begins another. */
  async #run (): Promise<void> {
    this.#isRunning = true
    try {
      for (let failures = 0; this.#waiting.length > 0 && !this.#isClosed;) {
        await this.#gather()
        const error = await this.#send()
        if (error === undefined) {
          failures = 0
          this.#troubles.clear()
        } else {
          this.#tell('late', error)
          await this.#rest(failures++)
        }
      }
    } finally {
      this.#isRunning = false
    }
  }

  /** Sends those that came first; resolves to why some of them have to be sent again, which stay the first. */
  async #send (): Promise<unknown> {
    const { log, requestTimeoutMs } = this.#options
    const sent = this.#waiting.splice(0, AT_ONCE)
    this.#sending = sent
    const deadline = Deadline.in(requestTimeoutMs)
    const outcomes = await Promise.allSettled(sent.map(async change => await log.append(logEntryOf(change), deadline)))
    if (this.#isClosed) return undefined
    let trouble: unknown
    const again = sent.filter((change, at) => {
      const outcome = outcomes[at]!
      if (outcome.status === 'rejected' && isPassing(outcome.reason)) {
        trouble = outcome.reason
        return true
      }
      this.#characters -= charactersOf(change)
      if (outcome.status === 'rejected') this.#drop(1, outcome.reason)
      return false
    })
    this.#sending = []
    this.#waiting = [...again, ...this.#waiting]
    this.#makeRoom(trouble)
    for (const watch of this.#watches) {
      if (this.#count - this.length < watch.count) continue
      this.#watches.delete(watch)
      watch.resolve()
    }
    return trouble
  }

  #makeRoom (error: unknown): void {
    const { mostWaiting = MOST_WAITING } = this.#options
    let surplus = 0
    while (this.length - surplus > mostWaiting || this.#characters > MOST_CHARACTERS) {
      const oldest = this.#waiting[surplus]
      if (oldest === undefined) break
      this.#characters -= charactersOf(oldest)
      surplus++
    }
    if (surplus === 0) return
    this.#waiting.splice(0, surplus)
    this.#drop(surplus, error)
  }

  #drop (count: number, error: unknown): void {
    this.#dropped += count
    this.#tell('dropped', error)
  }

  #tell (trouble: HistoryTrouble, error: unknown): void {
    if (this.#troubles.has(trouble)) return
    this.#troubles.add(trouble)
    this.#options.onTrouble?.(trouble, error)
  }

  /** Unless somebody waits, who is not kept waiting. Who made the change is answered first in any case. */
  async #gather (): Promise<void> {
    if (this.#waiting.length < AT_ONCE && this.#watches.size === 0 && this.#closesBy === undefined) {
      await new Promise<void>(resolve => {
        const timer = setTimeout(resolve, GATHERING_MS).unref()
        this.#hurry = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
    await nextTurn()
  }

  /** A service that closes does not wait for better days. */
  async #rest (failures: number): Promise<void> {
    const longest = this.#closesBy === undefined ? LONGEST_WAIT_MS : FIRST_WAIT_MS
    const delay = Math.min(longest, FIRST_WAIT_MS * 2 ** failures) * (0.5 + Math.random() / 2)
    await new Promise<void>(resolve => {
      const timer = setTimeout(resolve, delay).unref()
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}

function charactersOf ({ before = '', after = '' }: MadeChange): number {
  return before.length + after.length
}

/** Whatever is wrong with the log may be mended; an entry that it refuses stays refused. */
function isPassing (error: unknown): boolean {
  return !(error instanceof LeporelloError && error.code === 'DOCUMENT_REFUSED')
}
