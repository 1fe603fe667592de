import type { Deadline } from '../deadline.js'
import type { BackendHealth } from './backend-health.js'
import type { ChangeLog } from './change-log.js'

/**
 * The kinds of documents the catalogue keeps; each is an index of its own on a search engine. `sets` (what waits to be
 * shown, and the order of builds, by the container's id) and `meta` are Leporello's own bookkeeping, which nobody else
 * reads.
 */
export const DOCUMENT_KINDS = ['container', 'job_spec', 'hysds_io', 'sets', 'meta'] as const

export type DocumentKind = typeof DOCUMENT_KINDS[number]

/** Names one state of one document. Opaque, never reused for another state, of use only with the index that gave it. */
export type Version = string & { readonly brand: 'Version' }

/** The expectation that there is no document of that id yet. */
export const ABSENT = Symbol('absent')

export interface StoredDocument {
  readonly id: string
  /** The document's JSON exactly as it is stored, by whomever: numbers keep their digits, keys their order. */
  readonly json: string
  readonly version: Version
}

/**
 * How a conditional write ended.
 *
 * `written`: durable. `conflict`: nothing was written, since the document is no longer (or never was) what the
 * caller expected. `unknown`: the request was sent and its answer never came; it may have been applied, may be
 * applied later, or never. Only a later read tells.
 */
export type WriteOutcome =
  | { readonly outcome: 'written', readonly version: Version }
  | { readonly outcome: 'conflict' }
  | { readonly outcome: 'unknown', readonly cause: unknown }

export interface PageOptions {
  /** Start strictly after this id. */
  readonly after?: string
  /** When the first page is no longer worth waiting for; later pages take what time they need. */
  readonly deadline?: Deadline
  /** How many items a page holds at most; the adapter chooses when absent. */
  readonly pageSize?: number
}

export interface DocumentPageOptions extends PageOptions {
  /** Only those whose field `open` is true, which only documents of the kind `sets` have. */
  readonly openOnly?: boolean
}

/**
 * Where the catalogue's documents are kept. Every adapter passes test/contracts/document-index.ts.
 *
 * Absence is a value, not an error. An index that cannot serve rejects with `INDEX_UNAVAILABLE` (nothing was
 * written), one that has no room with `INDEX_FULL`, a document it will not store with `DOCUMENT_REFUSED` and the
 * index's own reason. Ids are 1 to 512 bytes of UTF-8.
 */
export interface DocumentIndex {
  /** What was changed in it. */
  readonly changes: ChangeLog

  /** Reads one document as of now: every write acknowledged before the call, by any process, is seen. */
  get (kind: DocumentKind, id: string, deadline: Deadline): Promise<StoredDocument | undefined>

  /**
   * Writes `json` (one line of valid JSON) under `id` if the document is still the `expected` version, or if there
   * is none and `ABSENT` is expected. Durable once `written`; from then on `get` sees it, and so do `ids` and
   * `documents` after a `refresh`.
   */
  put (kind: DocumentKind, id: string, json: string, expected: Version | typeof ABSENT, deadline: Deadline): Promise<WriteOutcome>

  /** Removes the document if it is still the `expected` version. The version in the outcome names the removal. */
  remove (kind: DocumentKind, id: string, expected: Version, deadline: Deadline): Promise<WriteOutcome>

  /**
   * The ids of a kind in ascending order of their UTF-8 bytes, by page, without reading documents where the
   * backend allows. Ids that are there throughout the iteration appear exactly once; others may or may not.
   * The first page is asked for when the first `next()` is called. Pages are never empty.
   */
  ids (kind: DocumentKind, options?: PageOptions): AsyncIterable<readonly string[]>

  /** The documents of a kind; order and promises as `ids`. */
  documents (kind: DocumentKind, options?: DocumentPageOptions): AsyncIterable<readonly StoredDocument[]>

  /**
   * Whether there is a place for that kind. A search engine's index may be missing, which reads as empty: for want of
   * a first write, or because somebody removed it.
   */
  exists (kind: DocumentKind, deadline: Deadline): Promise<boolean>

  /**
   * The documents of an index that is none of ours, by name; order and promises as `documents`. Rejects with
   * `INDEX_UNAVAILABLE` where there is no such index.
   */
  foreignDocuments (name: string): AsyncIterable<readonly StoredDocument[]>

  /** Resolves when `ids` and `documents` show every write of that kind acknowledged before the call, by any process. */
  refresh (kind: DocumentKind, deadline: Deadline): Promise<void>

  /** Never rejects: an index that cannot serve is `down`, with the reason. */
  health (deadline: Deadline): Promise<BackendHealth>

  close (): Promise<void>
}
