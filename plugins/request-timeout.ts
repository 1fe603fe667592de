import fp from 'fastify-plugin'
import type { AppOptions } from '../src/app.js'
import { LeporelloError } from '../src/errors.js'
import { hasBody } from '../src/wire/has-body.js'

/**
 * A body that does not arrive in time is given up, however steadily it comes: whoever sends a byte a second holds nothing
 * for long. Routes that read a body as it comes have limits of their own, and Node has one for the head of a request.
 */
export default fp<AppOptions>(async (fastify, { config: { limits: { requestTimeoutMs } } }) => {
  fastify.addHook('preParsing', (request, _reply, payload, done) => {
    const { raw, routeOptions: { config } } = request
    if (config.readsBody !== true && hasBody(raw.headers) && !raw.complete && !raw.destroyed) {
      const timer = setTimeout(() => {
        if (raw.complete || request.refusal !== undefined || raw.listenerCount('error') === 0) return
        // As a stream that failed, which is what the framework lets go of and answers.
        raw.emit('error', new LeporelloError('REQUEST_TIMED_OUT', `the body took more than ${requestTimeoutMs / 1000} s to arrive`))
      }, requestTimeoutMs).unref()
      raw.once('end', () => clearTimeout(timer)).once('close', () => clearTimeout(timer))
    }
    done(null, payload)
  })
}, { name: 'request-timeout', dependencies: ['errors', 'request-log'] })
