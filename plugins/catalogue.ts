import fp from 'fastify-plugin'
import type { AppOptions } from '../src/app.js'
import { Catalogue } from '../src/catalogue/catalogue.js'
import { Tarballs } from '../src/catalogue/tarballs.js'
import { Uploads } from '../src/catalogue/uploads.js'

declare module 'fastify' {
  interface FastifyInstance {
    catalogue: Catalogue
    uploads: Uploads
    tarballs: Tarballs
  }
}

/** Builds the use cases over the backends, and closes them with the service. */
export default fp<AppOptions>(async (fastify, { config, backends }) => {
  const { index, images } = backends
  const catalogue = new Catalogue({
    index,
    images,
    requestTimeoutMs: config.indexTimeoutMs,
    takeoverMs: config.sets.takeoverMs,
    publicUrl: backends.publicUrl,
    observer: fastify.metrics
  })
  const { records } = catalogue
  const uploads = new Uploads({
    images,
    records,
    register: (...registration) => catalogue.register(...registration),
    merge: (...merge) => catalogue.merge(...merge),
    graceMs: config.sweep.graceMs,
    observer: fastify.metrics,
    ...config.uploads
  })
  fastify.decorate('catalogue', catalogue)
  fastify.decorate('uploads', uploads)
  fastify.decorate('tarballs', new Tarballs({ images, records }))
  fastify.addHook('onClose', async () => {
    await uploads.close()
    await catalogue.close()
  })
}, { name: 'catalogue' })
