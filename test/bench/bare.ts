import Fastify from 'fastify'

/** The yardstick: one Fastify route with nothing around it, answering as many bytes as a container's info. */
const fastify = Fastify({ logger: false })
const document = JSON.stringify({ success: true, message: '', result: 'x'.repeat(500) })
fastify.get('/info', (_request, reply) => { reply.type('application/json').send(document) })
await fastify.listen({ host: '127.0.0.1', port: Number(process.env['LEPORELLO_PORT']) })
