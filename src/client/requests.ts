import type { Readable } from 'node:stream'

/** What the registration has to be for a change to be made; the service answers 412 otherwise. */
export interface Precondition {
  /** The ETag that was read with the document. */
  readonly ifMatch?: string | undefined
  /** Only creates. */
  readonly ifNoneMatch?: '*' | undefined
}

/** A whole registration; it replaces the one there is. */
export interface NewContainer {
  readonly name: string
  readonly version: string
  readonly digest: string
  /** The tarball for amd64. */
  readonly url?: string | undefined
  /** From architectures in any usual spelling to urls. */
  readonly urls?: Readonly<Record<string, string>> | undefined
  readonly build?: string | undefined
}

/** Images of some architectures, registered beside the others. */
export interface NewImages {
  readonly name: string
  readonly version: string
  readonly urls: Readonly<Record<string, string>>
  /** The image id, where one image is sent. */
  readonly digest?: string | undefined
  readonly build?: string | undefined
  /** The architectures of the whole: nothing is shown before all of them are there. */
  readonly expect?: readonly string[] | undefined
}

/** A tarball to upload: a file by its path, or a stream, which can be sent only once. */
export interface Tarball {
  /** In any usual spelling; undefined: the image tells. */
  readonly architecture?: string | undefined
  readonly source: string | Readable
}

export interface NewUpload {
  readonly name: string
  readonly version: string
  readonly tarballs: readonly Tarball[]
  readonly digest?: string | undefined
  readonly mode?: 'replace' | 'merge' | undefined
  readonly verify?: 'strict' | 'lenient' | undefined
  readonly build?: string | undefined
  readonly expect?: readonly string[] | undefined
}

/** How far an upload has come. */
export interface UploadProgress {
  readonly sent: number
  /** Undefined where a stream of unknown length is part of it. */
  readonly total: number | undefined
}

export interface UploadOptions extends Precondition {
  /** Called as bytes leave; from zero again when the upload is repeated. */
  readonly onProgress?: ((progress: UploadProgress) => void) | undefined
}

export interface SearchQuery {
  /** Part of the id, letter for letter. */
  readonly q?: string | undefined
  /** Containers with an image that such a machine can run. */
  readonly arch?: string | undefined
  /** Containers without one. */
  readonly missing?: string | undefined
  readonly version?: string | undefined
  readonly size?: number | undefined
  readonly after?: string | undefined
}

export interface HistoryQuery {
  /** 1 to 1000; 100 by default. */
  readonly limit?: number | undefined
  /** What an earlier page gave. */
  readonly before?: string | undefined
}

export interface DownloadOptions {
  /** The first byte wanted. */
  readonly from?: number | undefined
  /** The ETag of the bytes that are there already: if it is another now, the whole is sent. */
  readonly ifRange?: string | undefined
}

export interface Download {
  /** Rejects with an UnreachableError when it breaks off; to be read to its end, or cancelled. */
  readonly body: AsyncIterable<Uint8Array>
  cancel (): void
  /** The first byte of the body: what was asked for, or 0. */
  readonly from: number
  /** Of the whole, where the server says it. */
  readonly size: number | undefined
  /** A strong ETag. */
  readonly tag: string | undefined
}
