import { finished, Readable } from 'node:stream'
import type { IncomingMessage } from 'node:http'
import { setTimeout } from 'node:timers/promises'
import fp from 'fastify-plugin'

/** How long the rest of a body is read and thrown away, so that the client gets to reading its answer. */
const LINGER_MS = 10_000

/**
 * An answer that is given before the body was read ends the connection, which cannot carry another request, but not at
 * once: a socket that is closed with unread bytes is reset, and the client, still sending, would never see the answer.
 */
export default fp(async (fastify) => {
  fastify.addHook('onSend', (request, reply, payload, done) => {
    if (request.raw.complete !== false || !hasBody(request.raw) || (typeof payload !== 'string' && !Buffer.isBuffer(payload))) {
      return done(null, payload)
    }
    reply.header('connection', 'close').header('content-length', Buffer.byteLength(payload))
    done(null, Readable.from(beforeTheRest(payload, request.raw), { objectMode: false }))
  })
}, { name: 'early-answers' })

/** The whole answer, whose end is held back until the client has sent the rest, or left, or had its time. */
async function * beforeTheRest (answer: string | Buffer, request: IncomingMessage): AsyncGenerator<Buffer> {
  yield Buffer.from(answer)
  request.unpipe()
  request.resume()
  const rest = new Promise<void>(resolve => { finished(request, { writable: false }, () => resolve()) })
  await Promise.race([rest, setTimeout(LINGER_MS, undefined, { ref: false })])
}

function hasBody ({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length']) > 0
}
