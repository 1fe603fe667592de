import { randomUUID } from 'node:crypto'
import type { Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import type { FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { withoutSecrets } from '../src/domain/userinfo.js'
import { answerClientError } from '../src/wire/client-error.js'
import { traceIdOf } from '../src/wire/trace-parent.js'

declare module 'fastify' {
  interface FastifyInstance {
    /** Answers and logs what arrived on a connection and could not be read as a request. */
    refuseUnread (error: Error & { code?: string }, socket: Socket): void
  }

  interface FastifyRequest {
    /** Why it was refused, for the log. */
    refusal: { readonly code: string | undefined, readonly message: string } | undefined
    /** When the whole answer was written, where its end is held back after that. */
    answeredAt: number | undefined
    /** The status that an answer would have had that broke off in the middle, and not because its client left. */
    brokenOff: number | undefined
  }
}

/** Nobody reads this status but the log and the metrics: the client left before it had its answer. */
const CLIENT_LEFT = 499

/** A proxy may hand on what a client says of itself. */
const LONGEST_ADDRESS = 100

/** Of a path and of a reason; the secrets of what is longer than anybody reads would take long to find. */
const MOST_CHARACTERS = 1000

/**
 * One line a request, refused or not, answered or not, also for what is no request, and its place in the metrics; never the query, and no secret of
 * a url.
 */
export default fp(async (fastify) => {
  const { metrics } = fastify
  fastify.decorateRequest('refusal')
  fastify.decorateRequest('answeredAt')
  fastify.decorateRequest('brokenOff')
  // A connection that breaks in the middle of a request has that request's line.
  const busy = new WeakSet<Socket>()
  fastify.decorate('refuseUnread', (error, socket) => {
    const [reqId, client, isTold] = [randomUUID(), socket.remoteAddress, busy.has(socket)]
    const answer = answerClientError(error, socket, reqId)
    if (answer === undefined || isTold) return
    const { status, message } = answer
    metrics.requested(undefined, '', status, 0)
    fastify.log.info({ reqId, status, client, reason: error.code === undefined ? message : `${message} (${error.code})` }, 'request')
  })
  fastify.addHook('onRequest', (request, reply, done) => {
    const began = performance.now()
    // The connection may be gone by then.
    const client = request.ip.slice(0, LONGEST_ADDRESS)
    const { socket } = request.raw
    busy.add(socket)
    reply.raw.once('close', () => {
      busy.delete(socket)
      const took = (request.answeredAt ?? performance.now()) - began
      const { url: route } = request.routeOptions
      const status = statusOf(request, reply)
      metrics.requested(route, request.method, status, took / 1000)
      const code = codeOf(request, status)
      if (code !== undefined) metrics.refused(code, request.headers.authorization !== undefined)
      log(request, { route, status, took, client })
    })
    done()
  })
}, { name: 'request-log' })

function statusOf ({ answeredAt, brokenOff }: FastifyRequest, { raw: { writableFinished }, statusCode }: FastifyReply): number {
  return brokenOff ?? (writableFinished || answeredAt !== undefined ? statusCode : CLIENT_LEFT)
}

/** By which a refusal is counted: what nobody has foreseen has no code of its own, and who left was not refused. */
function codeOf ({ refusal }: FastifyRequest, status: number): string | undefined {
  if (status === CLIENT_LEFT) return undefined
  return refusal?.code ?? (refusal !== undefined && status >= 500 ? 'INTERNAL' : undefined)
}

interface Answered {
  readonly route: string | undefined
  readonly status: number
  readonly took: number
  readonly client: string
}

function log (request: FastifyRequest, { route, status, took, client }: Answered): void {
  const { refusal, headers: { traceparent } } = request
  request.log.info({
    method: request.method,
    route,
    path: pathOf(request.raw.url ?? ''),
    status,
    ms: Math.round(took * 10) / 10,
    client,
    // Nobody has asked yet where a request is refused before that.
    caller: request.caller?.name,
    ...traceparent !== undefined && { traceId: traceIdOf(traceparent) },
    ...refusal && { code: refusal.code, reason: withoutSecrets(refusal.message.slice(0, MOST_CHARACTERS)) }
  }, 'request')
}

function pathOf (url: string): string {
  const query = url.indexOf('?')
  return withoutSecrets(decoded(query === -1 ? url : url.slice(0, query)).slice(0, MOST_CHARACTERS)).slice(0, 200)
}

/** So often a path may be encoded and is still looked into. */
const MOST_DECODINGS = 3

/** An encoded secret is a secret as well. */
function decoded (path: string): string {
  let last = path
  for (let times = 0; times < MOST_DECODINGS && last.includes('%'); times++) {
    try {
      last = decodeURIComponent(last)
    } catch {
      break
    }
  }
  return last
}
