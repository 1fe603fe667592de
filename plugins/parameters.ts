import fp from 'fastify-plugin'
import { parseBody } from '../src/wire/body.js'
import { Parameters } from '../src/wire/parameters.js'
import { readBody } from '../src/wire/read-body.js'

declare module 'fastify' {
  interface FastifyRequest {
    /** Body first, then query; ready when the handler runs. */
    parameters: Parameters
  }
}

const MEDIA_TYPE = /^\s*[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+\s*(?:;|$)/

/**
 * Reads parameters as Mozart does: forms and JSON on any method; whatever cannot be understood counts as not sent.
 * The body is taken whole (it is limited) and parsed by its type only here, so that no type is ever refused.
 */
export default fp(async (fastify) => {
  fastify.removeAllContentTypeParsers()
  fastify.addContentTypeParser('*', ({ headers }, payload, done) => { readBody(payload, Number(headers['content-length']), done) })
  fastify.decorateRequest('parameters')

  fastify.addHook('onRequest', ({ raw: { headers } }, _reply, done) => {
    // The framework refuses a malformed Content-Type before any parser sees it; here it is one more unknown type.
    const type = headers['content-type']
    if (type !== undefined && !MEDIA_TYPE.test(type)) headers['content-type'] = 'application/octet-stream'
    done()
  })

  fastify.addHook('preHandler', (request, _reply, done) => {
    const query = request.query as ReadonlyMap<string, string>
    if (!Buffer.isBuffer(request.body)) {
      request.parameters = new Parameters(query, 'none')
      return done()
    }
    parseBody(request.body, request.headers['content-type']).then(body => {
      request.parameters = new Parameters(query, body)
      done()
    }, done)
  })
}, { name: 'parameters' })
