import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import { parseDocumentId } from '../../../src/domain/document-id.js'
import { entityTagOf } from '../../../src/domain/entity-tag.js'
import { LeporelloError } from '../../../src/errors.js'
import { JsonText } from '../../../src/wire/envelope.js'
import { answers, containerDocument, idQuery } from '../schemas.js'

const schema = {
  tags: ['container'],
  summary: 'One container\'s document',
  querystring: idQuery,
  response: answers(containerDocument)
}

/** `GET container/info` (v0.1) and `GET container` (v0.2): only the latter says what was not found. */
const info: FastifyPluginAsync = async (fastify) => {
  const config = { mozart: { hasResult: true } }

  async function find ({ parameters, catalogue }: FastifyRequest, reply: FastifyReply, unknown: (id: string) => string) {
    const id = parseDocumentId('id', parameters.required('id', 'id must be supplied'))
    const document = await catalogue.find('container', id)
    if (document === undefined) throw new LeporelloError('CONTAINER_UNKNOWN', unknown(id))
    reply.header('etag', `"${entityTagOf(document)}"`)
    return { success: true, message: '', result: new JsonText(document) }
  }

  fastify.get('/info', { schema: { ...schema, operationId: 'getContainer' }, config },
    (request, reply) => find(request, reply, () => ''))
  fastify.get('', { schema: { ...schema, operationId: 'findContainer' }, config },
    (request, reply) => find(request, reply, id => `container not found: ${id}`))
}

export default info
