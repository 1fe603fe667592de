import fp from 'fastify-plugin'
import type { AppOptions } from '../src/app.js'
import { recurring } from '../src/recurring.js'

/** The one timer of the sets, on in every instance: it publishes what others left complete, and ends what waits too long. */
export default fp<AppOptions>(async (fastify, { config: { sets: { takeoverMs, expiryMs } } }) => {
  recurring(fastify, { intervalMs: Math.min(takeoverMs, expiryMs) }, async () => {
    try {
      const { count, oldest } = await fastify.catalogue.settleSets(expiryMs, (id, error) => {
        fastify.log.warn({ err: error, id }, 'sets not settled')
      })
      fastify.metrics.waitingSets.set(count)
      fastify.metrics.oldestSet.set((oldest?.getTime() ?? 0) / 1000)
    } catch (error) {
      fastify.log.warn({ err: error }, 'sets not settled')
    }
  })
}, { name: 'sets', dependencies: ['catalogue'] })
