import type { FastifyPluginAsync } from 'fastify'
import { listRoute } from '../list-routes.js'

const list: FastifyPluginAsync = async (fastify) => {
  listRoute(fastify, { kind: 'container', operationId: 'listContainers', summary: 'All containers\' ids, sorted' })
}

export default list
