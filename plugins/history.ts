import fp from 'fastify-plugin'
import type { AppOptions } from '../src/app.js'

/**
 * The timer of the history, on in every instance: it forgets what is beyond the limits. The first time comes at a random
 * moment, so that replicas that were started together do not look at once.
 */
export default fp<AppOptions>(async (fastify, { config: { history } }) => {
  const closing = new AbortController()
  let timer: NodeJS.Timeout
  let running = Promise.resolve()

  const wait = (milliseconds: number) => {
    if (closing.signal.aborted) return
    timer = setTimeout(() => { running = trim().finally(() => wait(history.trimIntervalMs)) }, milliseconds).unref()
  }
  const trim = async () => {
    try {
      const removed = await fastify.catalogue.trimHistory(history, closing.signal)
      if (removed > 0) fastify.log.info({ removed }, 'old history removed')
    } catch (error) {
      fastify.log.warn({ err: error }, 'old history not removed')
    }
  }

  fastify.addHook('onReady', async () => wait(history.trimIntervalMs * Math.random()))
  fastify.addHook('onClose', async () => {
    closing.abort()
    clearTimeout(timer)
    await running
  })
}, { name: 'history', dependencies: ['catalogue'] })
