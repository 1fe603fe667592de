/**
 * Every way Leporello refuses work. A code is a promise to callers: it appears on the wire (`X-Error-Code` on Mozart's
 * routes, `result.code` on ours) and never changes its meaning. The HTTP status of each is in plugins/errors.ts.
 */
export type ErrorCode =
  | 'UNAUTHORIZED'
  | 'FORBIDDEN'
  | 'TOO_MANY_FAILURES'
  | 'RATE_LIMITED'
  | 'TOO_MANY_UPLOADS'
  | 'OVERLOADED'
  | 'REQUEST_TIMED_OUT'
  | 'CROSS_SITE'
  | 'MOZART_UNAVAILABLE'
  | 'HOST_UNKNOWN'
  | 'PARAMETER_MISSING'
  | 'PARAMETER_INVALID'
  | 'BODY_NOT_UNDERSTOOD'
  | 'ID_INVALID'
  | 'URL_INVALID'
  | 'URLS_INVALID'
  | 'ARCHITECTURE_UNKNOWN'
  | 'ARCHITECTURE_AMBIGUOUS'
  | 'SPEC_INVALID'
  | 'CONTAINER_UNKNOWN'
  | 'JOB_SPEC_UNKNOWN'
  | 'HYSDS_IO_UNKNOWN'
  | 'TOO_LARGE'
  | 'DOCUMENT_REFUSED'
  | 'INDEX_UNAVAILABLE'
  | 'INDEX_FULL'
  | 'STORE_UNAVAILABLE'
  | 'STORE_FULL'
  | 'STORE_REFUSED'
  | 'RANGE_NOT_SATISFIABLE'
  | 'ARCHITECTURE_DUPLICATE'
  | 'LENIENT_FORBIDDEN'
  | 'TARBALL_UNKNOWN'
  | 'TARBALL_GONE'
  | 'UPLOAD_STALLED'
  | 'UPLOAD_TIMED_OUT'
  | 'UPLOADS_BUSY'
  | 'PUBLIC_URL_MISSING'
  | 'ARCHITECTURE_MISSING'
  | 'LAST_ARCHITECTURE'
  | 'DIGEST_MISMATCH'
  | 'PRECONDITION_FAILED'
  | 'SUPERSEDED'
  | 'VERSION_MISMATCH'
  | 'SET_UNKNOWN'
  | 'SET_COMPLETE'
  | 'NOT_APPLIED'
  | 'OUTCOME_UNKNOWN'
  | 'IMAGE_COMPRESSION_UNSUPPORTED'
  | 'IMAGE_TRUNCATED'
  | 'IMAGE_TRAILING_DATA'
  | 'IMAGE_CORRUPT'
  | 'IMAGE_ENTRY_REFUSED'
  | 'IMAGE_ENTRY_DUPLICATE'
  | 'IMAGE_ENTRY_MISSING'
  | 'IMAGE_CHECKSUM_MISMATCH'
  | 'IMAGE_METADATA_INVALID'
  | 'IMAGE_AMBIGUOUS'
  | 'IMAGE_NOT_FOUND'
  | 'IMAGE_LIMIT_EXCEEDED'
  | 'IMAGE_OS_UNSUPPORTED'
  | 'IMAGE_ARCHITECTURE_MISMATCH'
  | 'IMAGE_BINARIES_MISMATCH'
  | 'IMAGE_DIGEST_MISMATCH'
  | 'IMAGE_NAME_MISMATCH'
  | 'IMAGE_VERIFIER_FAILED'

export interface ErrorInfo {
  /** What a program needs to act on the refusal: the key, what is accepted, what there is. */
  readonly details?: Readonly<Record<string, unknown>>
  /** When trying again makes sense, in whole seconds. */
  readonly retryAfterSeconds?: number
  readonly cause?: unknown
}

/** A refusal with a code and a sentence that names the thing; the sentence is written for the person at the other end. */
export class LeporelloError extends Error {
  override readonly name = 'LeporelloError'
  readonly code: ErrorCode
  readonly details: Readonly<Record<string, unknown>>
  readonly retryAfterSeconds: number | undefined

  constructor (code: ErrorCode, message: string, info: ErrorInfo = {}) {
    super(message, info.cause === undefined ? undefined : { cause: info.cause })
    this.code = code
    this.details = info.details ?? {}
    this.retryAfterSeconds = info.retryAfterSeconds
  }
}
