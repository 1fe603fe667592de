import type { FastifyPluginAsync } from 'fastify'

const backend = {
  type: 'object',
  required: ['kind', 'state'],
  properties: {
    kind: { type: 'string', examples: ['embedded'] },
    version: { type: 'string' },
    state: { type: 'string', enum: ['up', 'down'] },
    reason: { type: 'string', description: 'Why it is down.' }
  }
}

const readiness = {
  type: 'object',
  required: ['status', 'backends'],
  properties: {
    status: { type: 'string', enum: ['ready', 'not ready'] },
    overloaded: { type: 'boolean', const: true, description: 'There is more to do than can be done in time.' },
    backends: { type: 'object', properties: { index: backend, store: backend, mozart: backend } }
  }
}

const health: FastifyPluginAsync = async (fastify) => {
  fastify.get('/live', {
    schema: {
      operationId: 'getLiveness',
      tags: ['health'],
      summary: 'Whether the process answers at all',
      response: { 200: { description: 'It answers.', type: 'object', properties: { status: { type: 'string', const: 'live' } } } }
    }
  }, async () => ({ status: 'live' }))

  fastify.get('/ready', {
    schema: {
      operationId: 'getReadiness',
      tags: ['health'],
      summary: 'Whether requests can be served, and how each backend is',
      response: {
        200: { description: 'Requests are served.', ...readiness },
        503: { description: 'Requests are refused until the backends are up again, or less is asked at once.', ...readiness }
      }
    }
  }, async (_request, reply) => {
    const [ours, mozart] = await Promise.all([fastify.catalogue.health(), fastify.mozartHealth()])
    const backends = { ...ours, ...mozart && { mozart } }
    const overloaded = fastify.isUnderPressure()
    const ready = backends.index.state === 'up' && !overloaded
    if (!ready) reply.code(503).header('retry-after', 1)
    return { status: ready ? 'ready' : 'not ready', ...overloaded && { overloaded }, backends }
  })
}

export default health
