import { finished, Readable } from 'node:stream'
import type { FastifyError, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { LeporelloError, type ErrorCode } from '../src/errors.js'
import { MaskError } from '../src/wire/mask.js'

declare module 'fastify' {
  interface FastifyReply {
    /** By which code it counts when the stream that is sent breaks off, unless that says it itself. */
    brokenBy: ErrorCode | undefined
  }
}

/** Total by type: a new code does not compile until it has a status. */
const STATUS: Record<ErrorCode, number> = {
  UNAUTHORIZED: 401,
  FORBIDDEN: 403,
  TOO_MANY_FAILURES: 429,
  RATE_LIMITED: 429,
  TOO_MANY_UPLOADS: 429,
  OVERLOADED: 503,
  REQUEST_TIMED_OUT: 408,
  CROSS_SITE: 403,
  MOZART_UNAVAILABLE: 502,
  HOST_UNKNOWN: 403,
  PARAMETER_MISSING: 400,
  PARAMETER_INVALID: 400,
  BODY_NOT_UNDERSTOOD: 400,
  ID_INVALID: 400,
  URL_INVALID: 400,
  URLS_INVALID: 400,
  ARCHITECTURE_UNKNOWN: 400,
  ARCHITECTURE_AMBIGUOUS: 400,
  SPEC_INVALID: 400,
  DOCUMENT_REFUSED: 400,
  CONTAINER_UNKNOWN: 404,
  JOB_SPEC_UNKNOWN: 404,
  HYSDS_IO_UNKNOWN: 404,
  TOO_LARGE: 413,
  IMAGE_COMPRESSION_UNSUPPORTED: 422,
  IMAGE_TRUNCATED: 422,
  IMAGE_TRAILING_DATA: 422,
  IMAGE_CORRUPT: 422,
  IMAGE_ENTRY_REFUSED: 422,
  IMAGE_ENTRY_DUPLICATE: 422,
  IMAGE_ENTRY_MISSING: 422,
  IMAGE_CHECKSUM_MISMATCH: 422,
  IMAGE_METADATA_INVALID: 422,
  IMAGE_AMBIGUOUS: 422,
  IMAGE_NOT_FOUND: 422,
  IMAGE_LIMIT_EXCEEDED: 413,
  IMAGE_OS_UNSUPPORTED: 422,
  IMAGE_ARCHITECTURE_MISMATCH: 422,
  IMAGE_BINARIES_MISMATCH: 422,
  IMAGE_DIGEST_MISMATCH: 422,
  IMAGE_NAME_MISMATCH: 422,
  IMAGE_VERIFIER_FAILED: 503,
  RANGE_NOT_SATISFIABLE: 416,
  ARCHITECTURE_DUPLICATE: 400,
  LENIENT_FORBIDDEN: 403,
  TARBALL_UNKNOWN: 404,
  TARBALL_GONE: 409,
  UPLOAD_STALLED: 408,
  UPLOAD_TIMED_OUT: 408,
  UPLOADS_BUSY: 503,
  PUBLIC_URL_MISSING: 503,
  STORE_UNAVAILABLE: 503,
  STORE_REFUSED: 503,
  STORE_FULL: 507,
  ARCHITECTURE_MISSING: 404,
  LAST_ARCHITECTURE: 400,
  DIGEST_MISMATCH: 400,
  PRECONDITION_FAILED: 412,
  SUPERSEDED: 409,
  VERSION_MISMATCH: 409,
  SET_UNKNOWN: 404,
  SET_COMPLETE: 409,
  INDEX_UNAVAILABLE: 503,
  INDEX_FULL: 507,
  NOT_APPLIED: 503,
  OUTCOME_UNKNOWN: 503
}

/** The one place that knows how a refusal looks on the wire. */
export default fp(async (fastify) => {
  fastify.setErrorHandler<FastifyError | LeporelloError | MaskError>((error, request, reply) => {
    const refusal = asRefusal(error)
    request.refusal = refusal
    // A client that left made its own error; what others sent is answered and needs no stack.
    if (refusal.status >= 500 && !request.raw.destroyed) request.log.error({ err: error }, 'request failed')
    // What is left of the body will not be read, so the connection cannot carry another request.
    if (!request.raw.complete) reply.header('connection', 'close')
    if (refusal.retryAfterSeconds !== undefined) reply.header('retry-after', refusal.retryAfterSeconds)
    if (refusal.code !== undefined) reply.header('x-error-code', refusal.code)
    if (refusal.status === 401) reply.header('www-authenticate', 'Basic realm="leporello", charset="UTF-8"')
    return reply.code(refusal.status).send(body(refusal, request))
  })
  // Nobody is told of it any more, but the log and the metrics.
  fastify.decorateReply('brokenBy')
  fastify.addHook('onSend', (request, reply, payload, done) => {
    if (payload instanceof Readable) {
      finished(payload, { writable: false }, error => {
        // A client that leaves ends what is being sent; what has not begun to be sent is refused as anything else.
        if (!error || reply.raw.destroyed || !reply.raw.headersSent) return
        const refusal = asRefusal(reply.brokenBy === undefined ? error as FastifyError : new LeporelloError(reply.brokenBy, error.message))
        request.refusal = { code: refusal.code, message: `the answer broke off: ${error.message}` }
        request.brokenOff = refusal.status
      })
    }
    done(null, payload)
  })
}, { name: 'errors', dependencies: ['answers', 'request-log'] })

interface Refusal {
  readonly status: number
  readonly code: string | undefined
  readonly message: string
  readonly details: Readonly<Record<string, unknown>>
  readonly retryAfterSeconds?: number | undefined
}

function asRefusal (error: FastifyError | LeporelloError | MaskError): Refusal {
  if (error instanceof LeporelloError) {
    const { code, message, details } = error
    const status = STATUS[code]
    // Whatever is not available now may be later.
    return { status, code, message, details, retryAfterSeconds: error.retryAfterSeconds ?? (status === 503 ? 1 : undefined) }
  }
  if (error instanceof MaskError) return { status: 400, code: undefined, message: error.message, details: {} }
  const status = error.statusCode ?? 500
  if (status === 413) return { status, code: 'TOO_LARGE', message: 'the body is larger than 16 MiB', details: {} }
  return { status, code: undefined, message: status >= 500 ? 'Internal Server Error' : error.message, details: {} }
}

/** Mozart's envelope on its routes, ours on ours; what has no code looks like Mozart's own errors everywhere. */
function body ({ code, message, details }: Refusal, { routeOptions }: FastifyRequest): object {
  if (code === undefined) return { message }
  const { mozart } = routeOptions.config
  if (mozart === undefined) return { success: false, message, result: { code, ...details } }
  return mozart.hasResult ? { success: false, message, result: null } : { success: false, message }
}
