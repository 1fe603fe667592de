import { LeporelloError } from '../../errors.js'
import { NoAnswer, type SearchAnswer } from './search-client.js'

/** Why the engine did not do what it was asked, as it says itself. */
export interface Fault {
  readonly status: number
  /** The engine's name of the error, e.g. `mapper_parsing_exception`; empty when it did not give one. */
  readonly type: string
  readonly reason: string
}

interface EngineError {
  readonly type?: string
  readonly reason?: string
  readonly caused_by?: EngineError
  readonly root_cause?: readonly EngineError[]
}

/** The fault in an error object of the engine, with the causes it gives. */
export function faultOf (status: number, error: EngineError | string | undefined): Fault {
  if (error === undefined || typeof error === 'string') return { status, type: '', reason: error ?? `status ${status}` }
  const reasons = new Set<string>()
  for (let at: EngineError | undefined = error; at; at = at.caused_by) if (at.reason) reasons.add(at.reason)
  // Where only some shards failed, that is no cause of the whole.
  if (error.caused_by === undefined) for (const { reason } of error.root_cause ?? []) if (reason) reasons.add(reason)
  return { status, type: error.type ?? '', reason: [...reasons].join(': ') || `status ${status}` }
}

/** The fault in a whole answer; a proxy before the engine may have written it. */
export function faultIn ({ status, text }: SearchAnswer): Fault {
  try {
    return faultOf(status, (JSON.parse(text) as { error?: EngineError }).error)
  } catch {
    return faultOf(status, undefined)
  }
}

/** The answer as JSON; `INDEX_UNAVAILABLE` when it is none. For answers without documents only: it rounds numbers. */
export function parseAnswer<T> ({ text }: SearchAnswer): T {
  return understand(() => JSON.parse(text) as T)
}

/** What `read` makes of an answer; `INDEX_UNAVAILABLE` when that is no whole JSON. */
export function understand<T> (read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof SyntaxError) throw engineUnavailable('the search engine\'s answer is not whole JSON', error)
    throw error
  }
}

export function isIndexMissing ({ type }: Fault): boolean {
  return type === 'index_not_found_exception'
}

/** A block of the index, or a full disk: no write until somebody acts. Without a master all is blocked, with 503. */
function isBlocked ({ type, status }: Fault): boolean {
  return type === 'cluster_block_exception' && status !== 503
}

/** What a proxy answers instead of handing a request on; anything else of a proxy may have followed the engine's work. */
const CERTAIN_WITHOUT_A_TYPE = new Set([400, 401, 403, 404, 409, 413, 429])

/** Whether it was refused before anything was done; after other failures (5xx) a write may have happened. */
export function isCertain (fault: Fault): boolean {
  if (fault.type === '') return CERTAIN_WITHOUT_A_TYPE.has(fault.status)
  return fault.status < 500 || fault.type === 'cluster_block_exception'
}

export function engineUnavailable (message: string, cause?: unknown): LeporelloError {
  return new LeporelloError('INDEX_UNAVAILABLE', message, { retryAfterSeconds: 1, cause })
}

/** No answer as `INDEX_UNAVAILABLE`; any other error as it is. */
export function unreachable (error: unknown): unknown {
  if (!(error instanceof NoAnswer)) return error
  return engineUnavailable(`the search engine does not answer: ${error.message}`, error)
}

/** What a request that the engine did not serve means to the caller; `what` says what was asked. */
export function refused (what: string, fault: Fault): LeporelloError {
  const said = `${fault.status}: ${fault.reason}`
  if (fault.status === 401) {
    return engineUnavailable(`the search engine refuses our credentials at ${what} (${said}): check the user and the ` +
      'password (LEPORELLO_INDEX_USER, else LEPORELLO_INDEX_URL, else LEPORELLO_INDEX_NETRC)')
  }
  if (fault.status === 403 && !isBlocked(fault)) {
    const instead = what === 'GET /' ? ', and LEPORELLO_INDEX_KIND makes this one unnecessary' : ''
    return engineUnavailable(`the search engine's user lacks a privilege for ${what} (${said}): ` +
      `docs/engines.md lists what it needs${instead}`)
  }
  return engineUnavailable(`the search engine did not serve ${what} (${said})`)
}

export function refusal (what: string, answer: SearchAnswer): LeporelloError {
  return refused(what, faultIn(answer))
}

/** Faults of the index, not of the document, that come with a status of 400. */
const INDEX_FAULTS = new Set(['index_closed_exception', 'invalid_index_name_exception'])

/** Faults of an alias or of an ingest pipeline, which have no type of their own. */
const INDEX_REASONS = /no write index is defined|^pipeline with id/

/** What a refused write means to the caller. Nothing was written. */
export function writeRefused (index: string, id: string, fault: Fault): LeporelloError {
  if (isBlocked(fault)) {
    return new LeporelloError('INDEX_FULL', `the index "${index}" takes no writes: ${fault.reason}`,
      { retryAfterSeconds: 60, details: { index, reason: fault.reason } })
  }
  const indexFault = INDEX_FAULTS.has(fault.type) || INDEX_REASONS.test(fault.reason)
  if ((fault.status === 400 && !indexFault) || fault.status === 413) {
    return new LeporelloError('DOCUMENT_REFUSED', `the index "${index}" refuses the document "${id}": ${fault.reason}`,
      { details: { index, id, reason: fault.reason } })
  }
  return refused(`writes to the index "${index}"`, fault)
}
