import type { TarballPlace } from '../domain/tarball-key.js'
import { Deadline } from '../deadline.js'
import type { DocumentIndex, DocumentKind, StoredDocument } from '../ports/document-index.js'
import { SweepStop } from './sweep-stop.js'

export interface NamingDocuments {
  readonly index: DocumentIndex
  /** Further indices of the engine. */
  readonly indices: readonly string[]
  readonly requestTimeoutMs: number
}

/** An engine shows a missing index as an empty one, and these two are never missing where a cluster is at work. */
const INDISPENSABLE: readonly DocumentKind[] = ['container', 'job_spec']

/**
 * Every document that may name a tarball, as it stands after the call. Rejects as soon as one might be missing.
 *
 * The order matters: what moves from a document to another must not be looked for where it is not yet, and then
 * where it is no longer. A set that waits becomes a container, so sets come before containers.
 */
export async function * namingDocuments ({ index, indices, requestTimeoutMs }: NamingDocuments): AsyncGenerator<StoredDocument> {
  for (const kind of ['sets', 'container', 'job_spec', 'hysds_io'] as const) {
    await refuseMissing(index, kind, requestTimeoutMs)
    await index.refresh(kind, Deadline.in(requestTimeoutMs))
    for await (const page of index.documents(kind)) yield * page
    // It may have been removed while it was read.
    await refuseMissing(index, kind, requestTimeoutMs)
  }
  for (const name of indices) {
    for await (const page of index.foreignDocuments(name)) yield * page
  }
}

async function refuseMissing (index: DocumentIndex, kind: DocumentKind, timeoutMs: number): Promise<void> {
  if (!INDISPENSABLE.includes(kind) || await index.exists(kind, Deadline.in(timeoutMs))) return
  throw new SweepStop(`there is no index for documents of kind ${kind}: was it removed, or is another one configured? What ` +
    'its documents name cannot be known')
}

/** Tarballs that no text seen so far names: a text does by holding `<ulid>/<file>`, which all forms of urls end in. */
export class UnnamedTarballs {
  readonly #files = new Map<string, Set<string>>()

  constructor (places: Iterable<TarballPlace>) {
    for (const { ulid, file } of places) {
      const files = this.#files.get(ulid)
      if (files === undefined) this.#files.set(ulid, new Set([file]))
      else files.add(file)
    }
  }

  /** Forgets those that the JSON text names. */
  see (json: string): void {
    const text = withPlainSlashes(json)
    for (const { 0: found, 1: ulid = '', index } of text.matchAll(/([0-7][0-9A-HJKMNP-TV-Z]{25})\//g)) {
      const files = this.#files.get(ulid)
      for (const file of files ?? []) {
        if (text.startsWith(file, index + found.length)) files!.delete(file)
      }
    }
  }

  has ({ ulid, file }: TarballPlace): boolean {
    return this.#files.get(ulid)?.has(file) === true
  }
}

/** Slashes may be escaped in JSON, more than once where JSON is kept in a string, and encoded in a url's query. */
export function withPlainSlashes (json: string): string {
  return json.replace(/(?<!\\)\\+(?:\/|u002f)|%2f/gi, '/')
}
