import type { Deadline } from '../../deadline.js'
import type { StoredDocument, Version } from '../../ports/document-index.js'
import type { Engine } from './engine.js'
import { engineUnavailable, faultIn, faultOf, isIndexMissing, refused, understand, type Fault } from './errors.js'
import { elements, members } from './json-text.js'
import type { SearchAnswer } from './search-client.js'
import type { TargetIndex } from './target-index.js'

/** What became of one id: a document, its absence, or the engine's reason for giving neither. */
export type Found = StoredDocument | undefined | { readonly fault: Fault }

/**
 * Reads the documents as of now, in one request. Rejects when the engine did not serve it; a fault of one document is
 * that document's only.
 */
export async function multiGet (
  engine: Engine, index: TargetIndex, ids: readonly string[], deadline: Deadline
): Promise<Found[]> {
  const [only] = ids
  if (only !== undefined && ids.length === 1) return [await getOne(engine, index, only, deadline)]
  const answer = await engine.send(
    { method: 'POST', path: `${index.path}/_mget`, body: JSON.stringify({ ids }), repeatable: true }, deadline)
  if (answer.status !== 200) throw refused(`reads of the index "${index.name}"`, faultIn(answer))
  const found = readDocuments(answer.text)
  const outcomes = ids.map(id => found.has(id) ? found.get(id) : { fault: faultOf(503, 'the answer leaves it out') })
  index.note(outcomes.find(isFault)?.fault)
  return outcomes.map(outcome => isFault(outcome) && isIndexMissing(outcome.fault) ? undefined : outcome)
}

async function getOne (engine: Engine, index: TargetIndex, id: string, deadline: Deadline): Promise<Found> {
  const answer = await engine.send(
    { method: 'GET', path: `${index.path}/_doc/${pathSegment(id)}`, repeatable: true }, deadline)
  if (answer.status === 200 || isAbsence(answer)) {
    index.note(undefined)
    return understand(() => readDocument(answer.text, 0)[1])
  }
  const fault = faultIn(answer)
  index.note(fault)
  if (isIndexMissing(fault)) return undefined
  throw refused(`reads of the index "${index.name}"`, fault)
}

/** Nothing on the way to the engine may take `.` or `..` for a step in the path. */
function pathSegment (id: string): string {
  return encodeURIComponent(id).replace(/^\.{1,2}$/, dots => dots.replaceAll('.', '%2E'))
}

/** A proxy's 404 says nothing about a document; the engine's says that it was not found. */
function isAbsence ({ status, text }: SearchAnswer): boolean {
  return status === 404 && /"found"\s*:\s*false\s*}\s*$/.test(text)
}

export function isFault (outcome: Found): outcome is { readonly fault: Fault } {
  return outcome !== undefined && 'fault' in outcome
}

function readDocuments (text: string): Map<string, Found> {
  return understand(() => {
    const found = new Map<string, Found>()
    for (const { key, start } of members(text)) {
      if (key === 'docs') for (const document of elements(text, start)) found.set(...readDocument(text, document.start))
    }
    return found
  })
}

/** The document whose description starts at `at`. Its source is cut out of the text, not printed again. */
function readDocument (text: string, at: number): [id: string, outcome: Found] {
  const fields: Record<string, string> = {}
  for (const { key, start, end } of members(text, at)) fields[key] = text.slice(start, end)
  const id = JSON.parse(fields._id ?? '""') as string
  if (fields.error !== undefined) return [id, { fault: faultOf(503, JSON.parse(fields.error)) }]
  if (fields.found === 'false') return [id, undefined]
  if (fields.found !== 'true') throw engineUnavailable('what answers for the search engine is no document')
  if (fields._source === undefined) throw engineUnavailable(`the index keeps no _source of "${id}"`)
  return [id, { id, json: fields._source, version: versionOf(fields._seq_no, fields._primary_term) }]
}

/**
 * A document's state on an engine. Sequence numbers start over when somebody deletes an index and makes it anew; a
 * version from before is then worth nothing.
 */
export function versionOf (seqNo: string | number | undefined, primaryTerm: string | number | undefined): Version {
  return `${seqNo}:${primaryTerm}` as Version
}
