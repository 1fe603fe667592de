import type { DocumentKind } from '../../ports/document-index.js'
import type { Observer } from '../../ports/observer.js'

/** What is kept in indices of its own: documents, by kind, and what was changed in them. */
export type IndexKind = DocumentKind | 'history'

/** `elasticsearch7` is all of 7.x, `elasticsearch` is 8 and later, `opensearch` is 1 and later. */
export type EngineKind = 'elasticsearch7' | 'elasticsearch' | 'opensearch'

/** How to reach a search engine and what Leporello's indices are called there. */
export interface SearchIndexOptions {
  /** `http(s)://[user:password@]host:port[/path]`, at least one; the others are used while one does not answer. */
  readonly nodes: readonly string[]
  /** Asked of the engine (`GET /`) when absent; to be given where the user may not ask. */
  readonly kind?: EngineKind | undefined
  /** How long an answer of the engine is waited for where no deadline says less, in milliseconds. */
  readonly timeoutMs: number
  /** Basic credentials; they win over those in `nodes`. */
  readonly username?: string | undefined
  readonly password?: string | undefined
  /** A file of PEM certificates to trust instead of the system's. */
  readonly caFile?: string | undefined
  /** Accept whatever certificate the engine shows. */
  readonly insecure?: boolean | undefined
  /** Names other than Mozart's; each may be an alias of one index. */
  readonly indices?: Partial<Record<IndexKind, string>> | undefined
  readonly observer?: Observer | undefined
}

/** Mozart's names of the indices, and those of our own. */
export const INDEX_NAMES: Readonly<Record<IndexKind, string>> = {
  container: 'containers',
  job_spec: 'job_specs',
  hysds_io: 'hysds_ios-mozart',
  sets: 'leporello-sets',
  meta: 'leporello-meta',
  history: 'leporello-history'
}
