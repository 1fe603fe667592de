import fp from 'fastify-plugin'
import type { AppOptions } from '../src/app.js'
import { Catalogue } from '../src/catalogue/catalogue.js'

declare module 'fastify' {
  interface FastifyInstance {
    catalogue: Catalogue
  }
}

/** Builds the catalogue over the backends, and closes it with the service. */
export default fp<AppOptions>(async (fastify, { config, backends }) => {
  const catalogue = new Catalogue({ ...backends, requestTimeoutMs: config.indexTimeoutMs })
  fastify.decorate('catalogue', catalogue)
  fastify.addHook('onClose', () => catalogue.close())
}, { name: 'catalogue' })
