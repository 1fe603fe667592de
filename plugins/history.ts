import fp from 'fastify-plugin'
import type { AppOptions } from '../src/app.js'
import { recurring } from '../src/recurring.js'

/**
 * The timer of the history, on in every instance: it forgets what is beyond the limits. The first time comes at a random
 * moment, so that replicas that were started together do not look at once.
 */
export default fp<AppOptions>(async (fastify, { config: { history } }) => {
  const intervalMs = history.trimIntervalMs
  recurring(fastify, { intervalMs, firstMs: intervalMs * Math.random() }, async closing => {
    try {
      const removed = await fastify.catalogue.trimHistory(history, closing)
      if (removed > 0) fastify.log.info({ removed }, 'old history removed')
    } catch (error) {
      fastify.log.warn({ err: error }, 'old history not removed')
    }
  })
}, { name: 'history', dependencies: ['catalogue'] })
