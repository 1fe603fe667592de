import { performance } from 'node:perf_hooks'
import type { FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { withoutSecrets } from '../src/domain/userinfo.js'

declare module 'fastify' {
  interface FastifyRequest {
    /** Why it was refused, for the log. */
    refusal: { readonly code: string | undefined, readonly message: string } | undefined
    /** When the whole answer was written, where its end is held back after that. */
    answeredAt: number | undefined
  }
}

/** Nobody reads this status but the log: the client left before it had its answer. */
const CLIENT_LEFT = 499

/** One line a request, refused or not, answered or not; never the query, and no secret of a url. */
export default fp(async (fastify) => {
  fastify.decorateRequest('refusal')
  fastify.decorateRequest('answeredAt')
  fastify.addHook('onRequest', (request, reply, done) => {
    const began = performance.now()
    // The connection may be gone by then.
    const client = request.ip
    reply.raw.once('close', () => log(request, reply, client, (request.answeredAt ?? performance.now()) - began))
    done()
  })
}, { name: 'request-log' })

function log (request: FastifyRequest, { raw: { writableFinished }, statusCode }: FastifyReply, client: string, took: number): void {
  const { refusal, answeredAt } = request
  request.log.info({
    method: request.method,
    route: request.routeOptions.url,
    path: pathOf(request.raw.url ?? ''),
    status: writableFinished || answeredAt !== undefined ? statusCode : CLIENT_LEFT,
    ms: Math.round(took * 10) / 10,
    client,
    ...refusal && { code: refusal.code, reason: withoutSecrets(refusal.message) }
  }, 'request')
}

function pathOf (url: string): string {
  const query = url.indexOf('?')
  return withoutSecrets(decoded(query === -1 ? url : url.slice(0, query))).slice(0, 200)
}

/** An encoded secret is a secret as well. */
function decoded (path: string): string {
  if (!path.includes('%')) return path
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}
