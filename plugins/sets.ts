import fp from 'fastify-plugin'
import type { AppOptions } from '../src/app.js'

/** Replicas that were started together are not to look all at once. */
const JITTER = 0.2

/** The one timer of the sets, on in every instance: it publishes what others left complete, and ends what waits too long. */
export default fp<AppOptions>(async (fastify, { config: { sets: { takeoverMs, expiryMs } } }) => {
  let isClosing = false
  let timer: NodeJS.Timeout
  let running = Promise.resolve()

  const wait = () => {
    if (isClosing) return
    const interval = Math.min(takeoverMs, expiryMs)
    timer = setTimeout(() => { running = settle().finally(wait) }, interval * (1 + JITTER * (Math.random() - 0.5))).unref()
  }
  const settle = async () => {
    try {
      const { count, oldest } = await fastify.catalogue.settleSets(expiryMs, (id, error) => {
        fastify.log.warn({ err: error, id }, 'sets not settled')
      })
      fastify.metrics.waitingSets.set(count)
      fastify.metrics.oldestSet.set((oldest?.getTime() ?? 0) / 1000)
    } catch (error) {
      fastify.log.warn({ err: error }, 'sets not settled')
    }
  }

  fastify.addHook('onReady', async () => wait())
  fastify.addHook('onClose', async () => {
    isClosing = true
    clearTimeout(timer)
    await running
  })
}, { name: 'sets', dependencies: ['catalogue'] })
