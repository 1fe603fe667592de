import type { IncomingMessage, ServerResponse } from 'node:http'
import fp from 'fastify-plugin'
import { BODY_LIMIT_BYTES } from '../src/wire/body.js'
import { sendContinue } from '../src/wire/send-continue.js'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The handler reads the body itself, as it arrives, and calls `sendContinue` when it wants it. */
    readsBody?: boolean
  }
}

/**
 * A client that asks before it sends a body (`Expect: 100-continue`, as curl does for large ones) hears of a refusal
 * instead of being told to go on, where it can be refused by its headers alone.
 */
export default fp(async (fastify) => {
  fastify.server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    fastify.server.emit('request', request, response)
  })
  fastify.addHook('preParsing', (request, reply, payload, done) => {
    const tooLarge = Number(request.headers['content-length']) > BODY_LIMIT_BYTES
    if (!tooLarge && request.routeOptions.config.readsBody !== true) sendContinue(request.raw, reply.raw)
    done(null, payload)
  })
}, { name: 'expect-continue' })
