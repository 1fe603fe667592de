import fp from 'fastify-plugin'
import type { AppOptions } from '../src/app.js'
import { Catalogue } from '../src/catalogue/catalogue.js'
import { History, type HistoryTrouble } from '../src/catalogue/history.js'
import { Tarballs } from '../src/catalogue/tarballs.js'
import { Uploads } from '../src/catalogue/uploads.js'

declare module 'fastify' {
  interface FastifyInstance {
    catalogue: Catalogue
    uploads: Uploads
    tarballs: Tarballs
  }
}

const TROUBLES: Record<HistoryTrouble, string> = {
  late: 'the history cannot be written; what was changed is told later',
  dropped: 'the history loses changes: it cannot be written, or not as fast as they are made'
}

/** Builds the use cases over the backends, and closes them with the service. */
export default fp<AppOptions>(async (fastify, { config, backends }) => {
  const { index, images } = backends
  const history = new History({
    log: index.changes,
    requestTimeoutMs: config.indexTimeoutMs,
    onTrouble: (trouble, error) => { fastify.log.warn({ err: error, dropped: history.dropped }, TROUBLES[trouble]) }
  })
  const catalogue = new Catalogue({
    history,
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
