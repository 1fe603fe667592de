import type { Deadline } from '../deadline.js'
import type { Version } from './document-index.js'

/** The kinds of documents whose changes are told. */
export type LoggedKind = 'container' | 'job_spec' | 'hysds_io' | 'sets'

/** A change that was made, to be told later. */
export interface LogEntry {
  readonly kind: LoggedKind
  /** The id of the document. */
  readonly name: string
  /** What the write of the change left, as the index named it. */
  readonly version: Version
  /** The place of the change among those that one write made. */
  readonly part: number
  readonly at: Date
  /** What is told of it: one line of JSON. */
  readonly json: string
}

/** Which write a change was made by, as the index counts them. Without an engine there is neither index nor term. */
export interface WriteNumber {
  /** The engine's own id of the index; null also where the engine does not tell it. */
  readonly index: string | null
  readonly primary_term: number | null
  readonly seq_no: number
}

export interface StoredEntry {
  /** Where it stands among those of its name. Opaque. */
  readonly position: string
  readonly write: WriteNumber
  readonly at: Date
  /** As it was given. */
  readonly json: string
}

export interface LogPage {
  /** The newest first. */
  readonly entries: readonly StoredEntry[]
  /** Nothing is older than these. Without it there may be more, even where fewer came than were asked for. */
  readonly isLast: boolean
}

export interface LogPageOptions {
  /** Only what is older than the entry of this position. */
  readonly before?: string | undefined
  /** At least 1. */
  readonly limit: number
}

export interface LogLimits {
  /** What was made before it goes. */
  readonly oldest: Date
  /** So many of each name and kind stay at most, the newest: 1 to `MOST_ENTRIES`. */
  readonly perName: number
}

/** As far as every engine looks into a sorted list, by default, less a page. */
export const MOST_ENTRIES = 9000

/**
 * What was changed, beside the documents and apart from them: who looks for a document never waits for it. Entries of
 * one name are in the order in which the index made the writes, whatever clocks say and in whatever order they come.
 * Every adapter passes test/contracts/change-log.ts. What cannot be done now rejects with `INDEX_UNAVAILABLE` or
 * `INDEX_FULL`.
 */
export interface ChangeLog {
  /** Resolves when the entry is durable; one that is there already counts. `DOCUMENT_REFUSED`: it never will be. */
  append (entry: LogEntry, deadline: Deadline): Promise<void>

  /**
   * Some entries of one name, whoever appended them and acknowledged it before the call. Rejects with
   * `PARAMETER_INVALID` when `before` is no position.
   */
  page (kind: LoggedKind, name: string, options: LogPageOptions, deadline: Deadline): Promise<LogPage>

  /** Removes what is beyond the limits, and nothing else, also when several do it at once. Resolves to how many went. */
  trim (limits: LogLimits, signal?: AbortSignal): Promise<number>

  /** Rejects with the reason when nothing can be appended. Changes nothing, and makes no place that is missing. */
  checkWrites (deadline: Deadline): Promise<void>
}
