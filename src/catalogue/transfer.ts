import type { Author } from '../domain/author.js'
import { compactJson } from '../domain/compact-json.js'
import { parseJson } from '../domain/json-text.js'
import { Deadline } from '../deadline.js'
import { LeporelloError } from '../errors.js'
import { DOCUMENT_KINDS, type DocumentIndex, type DocumentKind } from '../ports/document-index.js'
import { changeDocument, type WrittenChange } from './change.js'
import type { ChangeRecorder } from './made-change.js'
import { FLAG_PREFIX } from './sweep-flags.js'
import { CATALOGUE } from './upload-records.js'

/** A whole document with where it belongs, as one line of an exported catalogue. */
export interface TransferredDocument {
  readonly kind: DocumentKind
  readonly id: string
  /** On one line. */
  readonly json: string
}

/**
 * What became of an imported document. `kept`: another one of that id is there, and was left alone. `skipped`: it is of
 * use only where it comes from.
 */
export type ImportOutcome = 'created' | 'same' | 'replaced' | 'kept' | 'skipped'

export interface ImportOptions {
  readonly replace: boolean
  /** For each document, in milliseconds. */
  readonly timeoutMs: number
  /** Whoever imports, and who takes note of it. */
  readonly told?: { readonly author: Author, readonly recorder: ChangeRecorder }
}

/** All documents of all kinds, or of those named, in order of kind and id; the sweep's flags are about a moment only. */
export async function * exportDocuments (
  index: DocumentIndex, timeoutMs: number, kinds: readonly DocumentKind[] = DOCUMENT_KINDS
): AsyncGenerator<TransferredDocument> {
  for (const kind of kinds) {
    await index.refresh(kind, Deadline.in(timeoutMs))
    for await (const page of index.documents(kind)) {
      for (const { id, json } of page) {
        if (!isFlag(kind, id)) yield { kind, id, json: compactJson(json) }
      }
    }
  }
}

/**
 * Stores a document unless the very same one is there; a different one is replaced only when told to. It is safe to
 * import a document again, so an import that broke off is simply repeated.
 *
 * A catalogue that has an id keeps it whatever it is told, since its tarballs carry it; one without has stored none.
 */
export async function importDocument (
  index: DocumentIndex, { kind, id, json }: TransferredDocument, { replace, timeoutMs, told }: ImportOptions
): Promise<ImportOutcome> {
  if (isFlag(kind, id)) return 'skipped'
  const onWritten = (written: WrittenChange) => {
    // What waits, and our own records, are not told one by one.
    if (kind === 'sets' || kind === 'meta') return
    told?.recorder.record({ kind, name: id, at: new Date(), author: told.author, operation: 'import', ...written })
  }
  return await changeDocument<ImportOutcome>({ index, kind, id, deadline: Deadline.in(timeoutMs), onWritten }, ({ current }) => {
    if (current === undefined) return { write: json, result: 'created' }
    if (compactJson(current.json) === json) return { write: json, result: 'same' }
    if (isCatalogueId(kind, id)) return { result: 'skipped' }
    return replace ? { write: json, result: 'replaced' } : { result: 'kept' }
  })
}

/** Of the document that holds the catalogue's own id. */
export function isCatalogueId (kind: DocumentKind, id: string): boolean {
  return kind === 'meta' && id === CATALOGUE
}

function isFlag (kind: DocumentKind, id: string): boolean {
  return kind === 'meta' && id.startsWith(FLAG_PREFIX)
}

/** The line without its line break: `{"kind": ..., "id": ..., "document": {...}}`, the document with all its digits. */
export function printLine ({ kind, id, json }: TransferredDocument): string {
  return `{"kind":${JSON.stringify(kind)},"id":${JSON.stringify(id)},"document":${json}}`
}

/** @throws {LeporelloError} `DOCUMENT_REFUSED` with what is wrong, to stand after "line 7: ". */
export function parseLine (line: string): TransferredDocument {
  try {
    const members = new Map(parseJson(line).members)
    const [kind, id, document] = [members.get('kind')?.string, members.get('id')?.string, members.get('document')]
    if (!isKind(kind)) throw refused(`kind must be one of ${DOCUMENT_KINDS.join(', ')}`)
    if (id === undefined || id === '') throw refused('id must be a string that is not empty')
    if (/\p{Cs}/u.test(id)) throw refused('id must not have half a surrogate pair, which no index can store')
    if (document?.kind !== 'an object') throw refused('document must be a JSON object')
    return { kind, id, json: document.compact() }
  } catch (error) {
    if (error instanceof SyntaxError) throw refused(`it is not valid JSON: ${error.message}`)
    throw error
  }
}

function isKind (name: string | undefined): name is DocumentKind {
  return DOCUMENT_KINDS.some(kind => kind === name)
}

function refused (message: string): LeporelloError {
  return new LeporelloError('DOCUMENT_REFUSED', message)
}
