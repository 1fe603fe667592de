import type { FastifyPluginAsync } from 'fastify'
import { parseArchitecture } from '../../../src/domain/architecture.js'
import { parseDocumentId } from '../../../src/domain/document-id.js'
import { Precondition } from '../../../src/domain/precondition.js'
import { JsonText } from '../../../src/wire/envelope.js'
import { architecture, changeAnswers, documentId, FORMS, ifMatch } from '../schemas.js'

const schema = {
  operationId: 'detachArchitecture',
  tags: ['container'],
  summary: 'Takes one architecture away from a container; the last one cannot be taken',
  consumes: FORMS,
  headers: ifMatch,
  body: { type: 'object', required: ['id', 'architecture'], properties: { id: documentId, architecture } },
  response: changeAnswers()
}

const detach: FastifyPluginAsync = async (fastify) => {
  fastify.post('/detach', { schema }, async ({ parameters, headers, catalogue }, reply) => {
    const id = parseDocumentId('id', parameters.required('id', 'id must be supplied'))
    const name = parseArchitecture(parameters.required('architecture', 'architecture must be supplied'))
    const { document, tag } = await catalogue.detach(id, name, Precondition.of(headers))
    reply.header('etag', `"${tag}"`)
    return { success: true, message: `${name} detached from ${id}`, result: new JsonText(document) }
  })
}

export default detach
