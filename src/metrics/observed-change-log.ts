import type { Deadline } from '../deadline.js'
import type { ChangeLog, LogEntry, LoggedKind, LogLimits, LogPage, LogPageOptions } from '../ports/change-log.js'
import { IndexCalls } from './index-calls.js'
import type { Metrics } from './metrics.js'

/** A history whose calls are counted and timed as those of the index. */
export class ObservedChangeLog implements ChangeLog {
  readonly #log: ChangeLog
  readonly #appends: IndexCalls
  readonly #pages: IndexCalls
  readonly #trims: IndexCalls

  constructor (log: ChangeLog, metrics: Metrics) {
    this.#log = log
    this.#appends = new IndexCalls(metrics, 'append', 'history')
    this.#pages = new IndexCalls(metrics, 'page', 'history')
    this.#trims = new IndexCalls(metrics, 'trim', 'history')
  }

  append (entry: LogEntry, deadline: Deadline): Promise<void> {
    return this.#appends.timed(this.#log.append(entry, deadline))
  }

  page (kind: LoggedKind, name: string, options: LogPageOptions, deadline: Deadline): Promise<LogPage> {
    return this.#pages.timed(this.#log.page(kind, name, options, deadline))
  }

  /** Asked by a command only, which has no metrics. */
  checkWrites (deadline: Deadline): Promise<void> {
    return this.#log.checkWrites(deadline)
  }

  trim (limits: LogLimits, signal?: AbortSignal): Promise<number> {
    return this.#trims.timed(this.#log.trim(limits, signal))
  }
}
