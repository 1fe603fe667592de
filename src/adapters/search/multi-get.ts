import type { Deadline } from '../../deadline.js'
import type { StoredDocument, Version } from '../../ports/document-index.js'
import type { Engine } from './engine.js'
import { engineUnavailable, faultIn, faultOf, isIndexMissing, refused, understand, unreachable, type Fault } from './errors.js'
import { elements, members } from './json-text.js'
import { TooLarge, type SearchAnswer } from './search-client.js'
import type { TargetIndex } from './target-index.js'

/** What became of one id: a document, its absence, or the engine's reason for giving neither. */
export type Found = StoredDocument | undefined | { readonly fault: Fault }

/** By id, of the documents that were written with one: an engine looks for a document where its routing says. */
type Routings = ReadonlyMap<string, string>

const NO_ROUTINGS: Routings = new Map()

interface Routed {
  readonly id: string
  readonly routing: string | undefined
}

export interface ReadOptions {
  readonly deadline?: Deadline
  readonly routings?: Routings
}

const MOST_IDS = 250
const FIRST_IDS = 50

/** Larger answers are not read, and their documents asked for by halves. */
const MOST_BYTES = 8 * 2 ** 20

/**
 * Reads documents of one index, so many in one request as their sizes allow: how large they are is known only from the
 * answers, so the number becomes smaller where they were too large, and larger where there was room.
 */
export class MultiGet {
  readonly #engine: Engine
  readonly #index: TargetIndex
  #atOnce = FIRST_IDS

  constructor (engine: Engine, index: TargetIndex) {
    this.#engine = engine
    this.#index = index
  }

  /**
   * What became of each id as of now, in the order of the ids, answer by answer. Rejects when the engine did not serve
   * one; a fault of one document is that document's only. Without a deadline each request has a time of its own.
   */
  async * read (ids: readonly string[], { deadline, routings }: ReadOptions = {}): AsyncGenerator<readonly Found[]> {
    for (let at = 0; at < ids.length;) {
      const some = ids.slice(at, at + this.#atOnce)
      const found = await this.#ask(some, deadline ?? this.#engine.deadline(), routings).catch(error => { throw unreachable(error) })
      if (found === 'too large') {
        this.#atOnce = Math.max(1, some.length >> 1)
      } else {
        at += some.length
        yield found
      }
    }
  }

  async #ask (ids: readonly string[], deadline: Deadline, routings: Routings = NO_ROUTINGS): Promise<readonly Found[] | 'too large'> {
    const [only] = ids
    if (only !== undefined && ids.length === 1) {
      const found = await getOne(this.#engine, this.#index, { id: only, routing: routings.get(only) }, deadline)
      if (found === undefined || found.json.length < MOST_BYTES / 4) this.#atOnce = Math.max(2, this.#atOnce)
      return [found]
    }
    const answer = await this.#send(bodyFor(ids, routings), deadline)
    if (answer === 'too large') return answer
    if (ids.length >= this.#atOnce && answer.text.length < MOST_BYTES / 4) {
      this.#atOnce = Math.min(MOST_IDS, 2 * this.#atOnce)
    }
    const found = readDocuments(answer.text)
    const outcomes = ids.map(id => found.has(id) ? found.get(id) : { fault: faultOf(503, 'the answer leaves it out') })
    this.#index.note(outcomes.find(isFault)?.fault)
    return outcomes.map(outcome => isFault(outcome) && isIndexMissing(outcome.fault) ? undefined : outcome)
  }

  async #send (body: object, deadline: Deadline): Promise<SearchAnswer | 'too large'> {
    try {
      const answer = await this.#engine.send({
        method: 'POST',
        path: `${this.#index.path}/_mget`,
        body: JSON.stringify(body),
        repeatable: true,
        mostBytes: MOST_BYTES
      }, deadline)
      if (answer.status === 200) return answer
      const fault = faultIn(answer)
      if (fault.type === 'circuit_breaking_exception') return 'too large' // for the engine's own memory
      throw refused(`reads of the index "${this.#index.name}"`, fault)
    } catch (error) {
      if (error instanceof TooLarge) return 'too large'
      throw error
    }
  }
}

/** The same for all where none has a routing, which is nearly always. */
function bodyFor (ids: readonly string[], routings: Routings): object {
  if (!ids.some(id => routings.has(id))) return { ids }
  return { docs: ids.map(_id => ({ _id, routing: routings.get(_id) })) }
}

async function getOne (engine: Engine, index: TargetIndex, { id, routing }: Routed, deadline: Deadline): Promise<StoredDocument | undefined> {
  const query = routing === undefined ? '' : `routing=${encodeURIComponent(routing)}`
  const answer = await engine.send(
    { method: 'GET', path: `${index.path}/_doc/${pathSegment(id)}`, query, repeatable: true }, deadline)
  if (answer.status === 200 || isAbsence(answer)) {
    index.note(undefined)
    const [, found] = understand(() => readDocument(answer.text, 0))
    if (isFault(found)) throw refused(`reads of the index "${index.name}"`, found.fault)
    return found
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
