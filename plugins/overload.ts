import underPressure from '@fastify/under-pressure'
import fp from 'fastify-plugin'
import type { AppOptions } from '../src/app.js'
import { LeporelloError } from '../src/errors.js'
import { OPERATIONS } from '../src/wire/operations.js'

/**
 * When the service is too far behind with its work, more of it is refused at once, before anything is done for it. What
 * has begun goes on.
 */
export default fp<AppOptions>(async (fastify, { config: { limits: { overloadMs } } }) => {
  await fastify.register(underPressure, {
    maxEventLoopDelay: overloadMs,
    pressureHandler: async ({ routeOptions: { url } }) => {
      if (!OPERATIONS.test(url ?? '')) throw new LeporelloError('OVERLOADED', 'there is more to do than can be done in time; try again later')
    }
  })
}, { name: 'overload', dependencies: ['answers', 'errors'] })
