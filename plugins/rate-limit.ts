import rateLimit from '@fastify/rate-limit'
import type { FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { RequestCounts } from '../src/access/request-counts.js'
import type { AppOptions } from '../src/app.js'
import { LeporelloError } from '../src/errors.js'
import { OPERATIONS } from '../src/wire/operations.js'

declare module 'fastify' {
  interface FastifyRequest {
    /** Whose share of the service it takes: the user's, or the address's of somebody who has not said who they are. */
    readonly source: string
  }
}

const WINDOW_MS = 60_000

const NO_HEADERS = { 'x-ratelimit-limit': false, 'x-ratelimit-remaining': false, 'x-ratelimit-reset': false, 'retry-after': false }

/** Nobody gets more than their share of the service; counted when it is known who they are. */
export default fp<AppOptions>(async (fastify, { config: { limits: { ratePerMinute } } }) => {
  fastify.decorateRequest('source', {
    getter () { return sourceOf(this) }
  })
  if (ratePerMinute === 0) return
  await fastify.register(rateLimit, {
    global: false,
    max: ratePerMinute,
    timeWindow: WINDOW_MS,
    store: RequestCounts,
    keyGenerator: sourceOf,
    addHeaders: NO_HEADERS,
    addHeadersOnExceeding: NO_HEADERS,
    errorResponseBuilder: (_request, { ttl }) => new LeporelloError('RATE_LIMITED',
      `more than ${ratePerMinute} requests in a minute came from the same user or address; try again later`,
      { retryAfterSeconds: Math.ceil(ttl / 1000) })
  })
  const limit = fastify.rateLimit() as (request: FastifyRequest, reply: FastifyReply) => Promise<void>
  fastify.addHook('onRequest', async (request, reply) => {
    if (!OPERATIONS.test(request.routeOptions.url ?? '')) await limit(request, reply)
  })
}, { name: 'rate-limit', dependencies: ['access', 'errors'] })

/** A host has all the addresses of its IPv6 network. */
function sourceOf ({ caller, ip }: FastifyRequest): string {
  return caller.isAnonymous ? `address ${rateLimit.normalizeIP(ip)}` : `user ${caller.name}`
}
