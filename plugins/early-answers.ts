import { finished, Readable } from 'node:stream'
import type { IncomingMessage } from 'node:http'
import { performance } from 'node:perf_hooks'
import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { hasBody } from '../src/wire/has-body.js'

/** How long the rest of a body is read and thrown away, so that the client gets to reading its answer. */
const LINGER_MS = 30_000

/** After how long without a byte the client has read its answer, or never will. */
const SILENCE_MS = 2_000

/**
 * An answer that is given before the body was read ends the connection, which cannot carry another request, but not at
 * once: a socket that is closed with unread bytes is reset, and the client, still sending, would never see the answer.
 */
export default fp(async (fastify) => {
  fastify.addHook('onSend', (request, reply, payload, done) => {
    if (request.raw.complete !== false || !hasBody(request.raw.headers) || (typeof payload !== 'string' && !Buffer.isBuffer(payload))) {
      return done(null, payload)
    }
    reply.header('connection', 'close').header('content-length', Buffer.byteLength(payload))
    done(null, Readable.from(beforeTheRest(payload, request), { objectMode: false }))
  })
}, { name: 'early-answers', dependencies: ['request-log'] })

/** The whole answer, whose end is held back until the client has sent the rest, or left, or had its time. */
async function * beforeTheRest (answer: string | Buffer, request: FastifyRequest): AsyncGenerator<Buffer> {
  yield Buffer.from(answer)
  request.answeredAt = performance.now()
  request.raw.unpipe()
  await endOf(request.raw)
}

/** Throws the rest of a body away. Resolves at its end, or when nothing comes any more, or after the longest time. */
async function endOf (request: IncomingMessage): Promise<void> {
  await new Promise<void>(resolve => {
    const timers = [setTimeout(resolve, LINGER_MS).unref(), setTimeout(resolve, SILENCE_MS).unref()] as const
    request.on('data', () => timers[1].refresh()).resume()
    finished(request, { writable: false }, () => {
      for (const timer of timers) clearTimeout(timer)
      resolve()
    })
  })
}
