import type { UrlStyle } from '../domain/tarball-url.js'
import type { ENGINES, LogLevel } from './variables.js'

/** What the service was told, as values. Made once at start by `loadConfig`; nothing else reads the environment. */
export interface Config {
  readonly server: {
    readonly host: string
    readonly port: number
    /** Paths of PEM files; absent: plain HTTP. */
    readonly tls: { readonly certFile: string, readonly keyFile: string } | undefined
    /** Whose X-Forwarded-* and X-Script-Name headers are believed; false: nobody's. */
    readonly trustProxy: readonly string[] | false
    readonly shutdownGraceMs: number
  }
  readonly log: { readonly level: LogLevel }
  readonly index: EmbeddedIndexConfig | SearchIndexConfig
  /** How long a request may work on the index before it is answered 503. */
  readonly indexTimeoutMs: number
  readonly store: StoreConfig
  readonly uploads: UploadsConfig
  readonly limits: LimitsConfig
  readonly sets: SetsConfig
  readonly history: HistoryConfig
  readonly access: AccessConfig
  /** The Mozart that gets what is no route of ours; absent: nobody does. */
  readonly mozart: MozartConfig | undefined
  readonly sweep: SweepConfig
  /** Where the metrics are served; absent: with everything else. */
  readonly metrics: { readonly host: string, readonly port: number } | undefined
}

export interface MozartConfig {
  /** Without a slash at its end. */
  readonly url: string
  readonly insecure: boolean
  /** Whether it gets the credentials that were sent to us. */
  readonly forwardAuth: boolean
  /** How long it may be silent. */
  readonly timeoutMs: number
}

export interface AccessConfig {
  /** With neither, nobody is asked who they are. */
  readonly htpasswdFile: string | undefined
  readonly accountsFile: string | undefined
  readonly anonymousRead: boolean
  /** Origins of pages that may change the catalogue. */
  readonly origins: readonly string[]
}

export interface SetsConfig {
  /** For how long a complete set must be seen in the same hands before somebody else publishes it. */
  readonly takeoverMs: number
  /** For how long a set waits after its last image came. */
  readonly expiryMs: number
}

/** What is kept of the history. */
export interface HistoryConfig {
  readonly days: number
  /** Of one name. */
  readonly entries: number
  /** How often it is looked for what is beyond that. */
  readonly trimIntervalMs: number
}

export interface StoreConfig {
  readonly place: { readonly kind: 'folder', readonly root: string } | {
    readonly kind: 's3'
    readonly bucket: string
    /** Empty, or ends in a slash. */
    readonly prefix: string
    /** As far as the environment says; the AWS files are read when it is needed. */
    readonly region: string | undefined
    readonly endpoint: string | undefined
    readonly publicEndpoint: string | undefined
    readonly partBufferBytes: number
  }
  readonly urlStyle: UrlStyle | undefined
  /** Absent: the address that the service is bound to, if that is a loopback address. */
  readonly publicUrl: string | undefined
}

/** Of all requests. */
export interface LimitsConfig {
  /** Requests a minute of one source; 0: any number. */
  readonly ratePerMinute: number
  /** How long the head of a request may take, and then its body unless it is an upload. */
  readonly requestTimeoutMs: number
  /** How far behind its work the service may be before it refuses more; 0: however far. */
  readonly overloadMs: number
}

export interface UploadsConfig {
  readonly maxBytes: number
  readonly maxAtOnce: number
  /** Of one source. */
  readonly maxPerUser: number
  readonly idleMs: number
  readonly timeoutMs: number
  readonly allowLenient: boolean
}

export interface SweepConfig {
  /** For how long an object must have been unnamed; both of the sweep's stages take so long. */
  readonly graceMs: number
  /** Absent: it is run by hand only. */
  readonly intervalMs: number | undefined
  /** Further indices whose documents may name tarballs. */
  readonly indices: readonly string[]
}

export interface EmbeddedIndexConfig {
  readonly kind: 'embedded'
  readonly folder: string
}

export interface SearchIndexConfig {
  readonly kind: 'search'
  /** At least one; credentials may be in them. */
  readonly nodes: readonly string[]
  /** Absent: the engine is asked. */
  readonly engine: typeof ENGINES[number] | undefined
  readonly username: string | undefined
  readonly password: string | undefined
  /** A netrc file with credentials, for when they are given nowhere else; it need not exist. */
  readonly netrcFile: string
  readonly caFile: string | undefined
  readonly insecure: boolean
  readonly indices: {
    readonly container: string,
    readonly job_spec: string,
    readonly hysds_io: string
    readonly sets: string,
    readonly meta: string,
    readonly history: string
  }
}
