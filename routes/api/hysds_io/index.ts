import type { FastifyPluginAsync } from 'fastify'
import { historyRoute } from '../history-routes.js'
import { specRoutes } from '../spec-routes.js'

const hysdsIo: FastifyPluginAsync = async (fastify) => {
  historyRoute(fastify, { kind: 'hysds_io', operationId: 'hysdsIoHistory', noun: 'hysds_io' })
  specRoutes(fastify, {
    kind: 'hysds_io',
    unknown: 'HYSDS_IO_UNKNOWN',
    operation: 'HysdsIo',
    noun: 'hysds io',
    added: id => `${id} added to index hysds_ios-mozart`,
    found: () => '',
    notFound: { type: id => `hysds io not found: ${id}`, get: () => '' },
    removed: { remove: id => `deleted hysds_io: ${id}`, delete: id => `deleted hysds_io: ${id}` }
  })
}

export default hysdsIo
