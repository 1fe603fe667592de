import fp from 'fastify-plugin'
import { recurring } from '../src/recurring.js'

/** An alert that waits for two minutes needs more than one look. */
const INTERVAL_MS = 30_000

/** Looks from time to time how the backends are, on in every instance: the metrics are to know it where nobody asks for readiness. */
export default fp(async (fastify) => {
  recurring(fastify, { intervalMs: INTERVAL_MS }, async () => { await fastify.catalogue.health() })
}, { name: 'backends', dependencies: ['catalogue'] })
