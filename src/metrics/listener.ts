import Fastify, { type FastifyInstance } from 'fastify'
import type { Metrics } from './metrics.js'

/** A server that has `/metrics` and nothing else, for a port that only those who watch can reach: it asks nobody who they are. */
export function metricsListener ({ registry }: Metrics): FastifyInstance {
  const fastify = Fastify({ logger: false, forceCloseConnections: true })
  fastify.get('/metrics', async (_request, reply) => reply.type(registry.contentType).send(await registry.metrics()))
  return fastify
}
