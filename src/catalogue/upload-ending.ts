import { LeporelloError, type ErrorCode } from '../errors.js'
import type { UploadEnding } from '../ports/observer.js'

/** Nothing is wrong with what was sent then: the same may be taken later. */
const NOT_THE_CLIENTS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'INDEX_UNAVAILABLE', 'INDEX_FULL', 'NOT_APPLIED', 'OUTCOME_UNKNOWN', 'STORE_UNAVAILABLE', 'STORE_FULL', 'STORE_REFUSED',
  'PUBLIC_URL_MISSING', 'IMAGE_VERIFIER_FAILED'
])

/** How an upload ended that was taken on and did not come to its end. */
export function endingOf (error: unknown): UploadEnding {
  if (error instanceof LeporelloError) {
    return NOT_THE_CLIENTS.has(error.code) ? { outcome: 'failed' } : { outcome: 'refused', code: error.code }
  }
  // Only a program's mistake is of these; what a connection or a form ends with is a plain error.
  const isMistake = error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError
  return { outcome: isMistake ? 'failed' : 'broken off' }
}
