import type { FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'

const METHODS = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT']

/**
 * The CORS headers Mozart puts on every answer: any origin may read, without credentials. A page can therefore
 * show the catalogue. It can change it as well: like Mozart, the service does not tell who may.
 */
export default fp(async (fastify) => {
  fastify.addHook('onRequest', (request, reply, done) => {
    const { origin } = request.headers
    reply.header('access-control-allow-origin', origin || '*')
    if (origin) reply.header('vary', 'Origin')
    if (request.method === 'OPTIONS') allowPreflight(request, reply)
    done()
  })
}, { name: 'cors' })

function allowPreflight ({ headers }: FastifyRequest, reply: FastifyReply): void {
  const method = headers['access-control-request-method']?.toUpperCase()
  if (method === undefined || !METHODS.includes(method)) return
  reply.header('access-control-allow-methods', METHODS.join(', '))
  const wanted = headers['access-control-request-headers']
  if (wanted === undefined) return
  reply.header('access-control-allow-headers',
    wanted.split(',').map(name => name.trim().toLowerCase()).filter(name => name !== '').sort().join(', '))
}
