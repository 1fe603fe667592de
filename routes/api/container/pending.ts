import type { FastifyPluginAsync } from 'fastify'
import { parseDocumentId } from '../../../src/domain/document-id.js'
import { documentId, ownAnswers, pendingSet } from '../schemas.js'
import { printable } from '../waiting.js'

const schema = {
  operationId: 'pendingSets',
  tags: ['container'],
  summary: 'What waits to be shown, for which architectures, since when and from whom: of one container, or of all',
  querystring: { type: 'object', properties: { id: documentId } },
  response: ownAnswers({ type: 'array', items: pendingSet })
}

const pending: FastifyPluginAsync = async (fastify) => {
  fastify.get('/pending', { schema }, async ({ parameters, catalogue }) => {
    const sent = parameters.text('id')
    const sets = await catalogue.pending(sent ? parseDocumentId('id', sent) : undefined)
    return { success: true, message: '', result: sets.map(printable) }
  })
}

export default pending
