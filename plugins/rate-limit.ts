import rateLimit from '@fastify/rate-limit'
import type { FastifyRequest } from 'fastify'
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

/** A proxy may hand on what a client says of itself, at any length, and it is remembered. */
const LONGEST_ADDRESS = 100

/** Nobody gets more than their share of the service; counted when it is known who they are. */
export default fp<AppOptions>(async (fastify, { config: { limits: { ratePerMinute } } }) => {
  fastify.decorateRequest('source', {
    getter () { return sourceOf(this) }
  })
  if (ratePerMinute === 0) return
  await fastify.register(rateLimit, {
    global: false, max: ratePerMinute, timeWindow: WINDOW_MS, store: RequestCounts, keyGenerator: sourceOf
  })
  const count = fastify.createRateLimit()
  fastify.addHook('onRequest', async (request) => {
    if (OPERATIONS.test(request.routeOptions.url ?? '')) return
    const counted = await count(request)
    if (counted.isAllowed || !counted.isExceeded) return
    throw new LeporelloError('RATE_LIMITED', `more than ${ratePerMinute} requests in a minute came from the same user or address; try again later`,
      { retryAfterSeconds: counted.ttlInSeconds })
  })
}, { name: 'rate-limit', dependencies: ['access', 'errors'] })

/** A host has all the addresses of its IPv6 network. */
function sourceOf ({ caller, ip }: FastifyRequest): string {
  return caller.isAnonymous ? `address ${rateLimit.normalizeIP(ip.slice(0, LONGEST_ADDRESS))}` : `user ${caller.name}`
}
