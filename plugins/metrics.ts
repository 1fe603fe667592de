import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { AppOptions } from '../src/app.js'

/** Serves the metrics, unless they have a port of their own, and says which values are read from others. */
export default fp<AppOptions>(async (fastify, { config, backends: { images } }) => {
  const { catalogue, metrics, uploads } = fastify
  metrics.reads('gauge', 'leporello_uploads_open', 'Uploads that are under way.', () => uploads.open)
  metrics.reads('gauge', 'leporello_uploads_limit', 'Uploads that there may be at once.', () => config.uploads.maxAtOnce)
  metrics.reads('gauge', 'leporello_history_queued', 'Changes made that the history does not have yet.', () => catalogue.history?.length ?? 0)
  metrics.reads('counter', 'leporello_history_dropped_total', 'Changes made that the history will never have.', () => catalogue.history?.dropped ?? 0)
  if (images.buffers !== undefined) {
    metrics.reads('gauge', 'leporello_part_buffer_used_bytes', 'Memory that the parts of uploads to S3 take.', () => images.buffers!.usedBytes)
    metrics.reads('gauge', 'leporello_part_buffer_limit_bytes', 'Memory that they may take together.', () => images.buffers!.limitBytes)
  }
  if (config.metrics !== undefined) return

  fastify.get('/metrics', {
    schema: {
      operationId: 'getMetrics',
      tags: ['health'],
      summary: 'What the service counts and measures, for Prometheus; for those who may read everything',
      response: { 200: { description: 'In the text format of Prometheus.', content: { 'text/plain': { schema: { type: 'string' } } } } }
    }
  }, async (request: FastifyRequest, reply) => {
    request.caller.checkRole('read')
    request.caller.checkEverything()
    return reply.type(metrics.registry.contentType).send(await metrics.registry.metrics())
  })
}, { name: 'metrics', dependencies: ['access', 'catalogue', 'docs'] })
