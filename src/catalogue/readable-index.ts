import type { Caller, Resource } from '../domain/caller.js'
import type { DocumentIndex, DocumentKind, DocumentPageOptions, PageOptions, StoredDocument } from '../ports/document-index.js'

/** An index as far as a caller may read it: of other documents neither their ids nor that they are there is told. */
export function readableBy (caller: Caller, index: DocumentIndex): DocumentIndex {
  return new Proxy(index, {
    get (target, name) {
      const own = (READS as Record<string | symbol, unknown>)[name]
      if (typeof own === 'function') return (...args: unknown[]) => own(caller, target, ...args)
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    }
  })
}

const READS = {
  get (caller: Caller, index: DocumentIndex, kind: DocumentKind, id: string, deadline: Parameters<DocumentIndex['get']>[2]) {
    const resource = resourceOf(kind)
    if (resource !== undefined) caller.check('read', resource, id)
    return index.get(kind, id, deadline)
  },

  async * ids (caller: Caller, index: DocumentIndex, kind: DocumentKind, options?: PageOptions): AsyncGenerator<readonly string[]> {
    for await (const page of index.ids(kind, options)) {
      const readable = page.filter(id => mayRead(caller, kind, id))
      if (readable.length > 0) yield readable
    }
  },

  async * documents (
    caller: Caller, index: DocumentIndex, kind: DocumentKind, options?: DocumentPageOptions
  ): AsyncGenerator<readonly StoredDocument[]> {
    for await (const page of index.documents(kind, options)) {
      const readable = page.filter(({ id }) => mayRead(caller, kind, id))
      if (readable.length > 0) yield readable
    }
  }
}

function mayRead (caller: Caller, kind: DocumentKind, id: string): boolean {
  const resource = resourceOf(kind)
  return resource === undefined || caller.may('read', resource, id)
}

/** Sets belong to the container of their name; our own records are nobody's. */
function resourceOf (kind: DocumentKind): Resource | undefined {
  return kind === 'sets' ? 'container' : kind === 'meta' ? undefined : kind
}
