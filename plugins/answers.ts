import fp from 'fastify-plugin'
import { printEnvelope, type Envelope } from '../src/wire/envelope.js'
import { applyMask, MaskError, parseMask, type Mask } from '../src/wire/mask.js'

declare module 'fastify' {
  interface FastifyRequest {
    /** What the caller asked to see of a Mozart answer with X-Fields. */
    mask: Mask | undefined
  }

  interface FastifyContextConfig {
    /** One of Mozart's routes: its answers, refusals included, have Mozart's shape. */
    mozart?: {
      /** Some of Mozart's answers have no `result` at all. */
      readonly hasResult: boolean
    }
  }
}

/** Prints every JSON answer as Mozart does, byte for byte, without a charset, masked where the caller asks for it. */
export default fp(async (fastify) => {
  fastify.setReplySerializer(payload => printEnvelope(payload as Envelope))
  fastify.decorateRequest('mask')

  fastify.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id)
    // What is handed on to Mozart is answered as Mozart answers.
    if (request.routeOptions.url !== '/*') reply.header('x-content-type-options', 'nosniff')
    const fields = request.headers['x-fields']
    if (typeof fields !== 'string' || !request.routeOptions.config.mozart) return done()
    try {
      request.mask = parseMask(fields)
      done()
    } catch (error) {
      done(error as Error)
    }
  })

  fastify.addHook('preSerialization', (request, reply, payload, done) => {
    reply.header('content-type', 'application/json')
    // Only envelopes are masked, as in Mozart; its bare errors are not.
    if (request.mask === undefined || !Object.hasOwn(payload as object, 'success')) return done(null, payload)
    try {
      done(null, applyMask(request.mask, payload as Envelope))
    } catch (error) {
      if (!(error instanceof MaskError)) return done(error as Error)
      reply.code(400)
      done(null, { message: error.message })
    }
  })
}, { name: 'answers', dependencies: ['cors'] })
