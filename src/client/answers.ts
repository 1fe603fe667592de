/** What was proved or said of one image of a container. */
export interface ImageRecord {
  readonly architecture: string
  readonly variant?: string
  /** The base name of the url that it is about. */
  readonly file: string
  readonly image_id?: string
  /** By which engines know the image. */
  readonly digests: readonly string[]
  /** Of the tarball: hexadecimal sha256, and bytes. */
  readonly sha256?: string
  readonly size?: number
  readonly version: string
  readonly verified: boolean
}

/** A registration as it is stored, by whomever; it may hold more fields than these. */
export interface ContainerDocument {
  readonly id: string
  readonly version?: string
  readonly digest?: string
  /** The tarball for amd64. */
  readonly url?: string | null
  /** JSON text: an object from architecture spellings to urls. */
  readonly urls?: string
  readonly images?: readonly ImageRecord[]
  readonly build?: string
  readonly set?: string
  readonly updated_at?: string
  readonly updated_by?: string
  readonly [field: string]: unknown
}

/** The image that a machine of an architecture loads. What is not known is null. */
export interface ResolvedImage {
  readonly id: string
  readonly version: string | null
  readonly architecture: string
  readonly variant: string | null
  /** Where the tarball lies, as it was registered. */
  readonly url: string
  /** Where the service hands it out, if it keeps it. */
  readonly download: string | null
  readonly image_id: string | null
  readonly digests: readonly string[]
  readonly sha256: string | null
  readonly size: number | null
}

/** Images that are shown when the rest of their set is there. */
export interface PendingSet {
  readonly id: string
  readonly build: string | null
  readonly version: string
  readonly state: 'waiting' | 'complete'
  readonly expect: readonly string[]
  /** What it waits for. */
  readonly missing: readonly string[]
  readonly images: ReadonlyArray<{
    readonly architecture: string
    readonly url: string
    readonly by: string
    readonly at: string
  }>
  /** When the last image joined. */
  readonly since: string
}

export interface Warning {
  readonly code: string
  readonly message: string
}

/** What became of images that were sent. */
export type Registered = Shown | Waiting

/** They are registered: this is the document now. */
export interface Shown {
  readonly state: 'registered'
  readonly message: string
  readonly document: ContainerDocument
  /** The document's ETag, for `ifMatch`. */
  readonly tag: string | undefined
  readonly warnings: readonly Warning[]
}

/** They are kept, and shown when the rest has come. */
export interface Waiting {
  readonly state: 'waiting'
  readonly message: string
  readonly pending: PendingSet
  readonly warnings: readonly Warning[]
}

export interface SearchPage {
  readonly containers: readonly ContainerDocument[]
  /** Where the next page begins; null after the last one. */
  readonly after: string | null
}

/** Who changed a registration, when, and what. */
export interface Change {
  readonly at: string
  readonly by: string
  /** `service`: a Leporello of its own accord. */
  readonly account: 'user' | 'token' | 'service' | null
  readonly request_id: string | null
  readonly operation: 'add' | 'merge' | 'upload' | 'detach' | 'remove' | 'publish' | 'abandon' | 'expire' | 'import'
  /** `set`: images that wait, or waited, for the rest of their build. */
  readonly resource: 'container' | 'job_spec' | 'hysds_io' | 'set'
  readonly name: string
  readonly build: string | null
  readonly etag_before: string | null
  readonly etag_after: string | null
  /** The documents are too large to be kept. */
  readonly left_out: boolean
  readonly before: Readonly<Record<string, unknown>> | null
  readonly after: Readonly<Record<string, unknown>> | null
  /** As the index counts its writes. */
  readonly write: { readonly index: string | null, readonly primary_term: number | null, readonly seq_no: number }
}

export interface HistoryPage {
  /** The newest first. */
  readonly changes: readonly Change[]
  /** Where older ones begin; null after the oldest. */
  readonly before: string | null
}

/** Containers of which something is true: how many, and the first of their ids. */
export interface Listed {
  readonly count: number
  readonly ids: readonly string[]
}

/** What a site has, lacks, and should mend. */
export interface Report {
  readonly containers: number
  readonly architectures: Readonly<Record<string, number>>
  readonly lacking: Readonly<Record<string, Listed>>
  readonly legacy: Listed
  readonly versions_differ: Listed
  readonly flawed: {
    readonly count: number
    readonly containers: ReadonlyArray<{ readonly id: string, readonly flaws: readonly Warning[] }>
  }
}
