import type { FastifyPluginAsync } from 'fastify'
import { historyRoute } from '../history-routes.js'

const history: FastifyPluginAsync = async (fastify) => {
  historyRoute(fastify, { kind: 'container', operationId: 'containerHistory', noun: 'container' })
}

export default history
