import fp from 'fastify-plugin'

/** An alert that waits for two minutes needs more than one look. */
const INTERVAL_MS = 30_000

/** Replicas that were started together are not to look all at once. */
const JITTER = 0.2

/** Looks from time to time how the backends are, on in every instance: the metrics are to know it where nobody asks for readiness. */
export default fp(async (fastify) => {
  let isClosing = false
  let timer: NodeJS.Timeout
  let running = Promise.resolve()

  const wait = () => {
    if (isClosing) return
    timer = setTimeout(() => { running = look().finally(wait) }, INTERVAL_MS * (1 + JITTER * (Math.random() - 0.5))).unref()
  }
  const look = async () => { await fastify.catalogue.health() }

  fastify.addHook('onReady', async () => wait())
  fastify.addHook('onClose', async () => {
    isClosing = true
    clearTimeout(timer)
    await running
  })
}, { name: 'backends', dependencies: ['catalogue'] })
