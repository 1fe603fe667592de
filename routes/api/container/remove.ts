import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import { parseDocumentId } from '../../../src/domain/document-id.js'
import { Precondition } from '../../../src/domain/precondition.js'
import { LeporelloError } from '../../../src/errors.js'
import { answers, documentId, idQuery, ifMatch } from '../schemas.js'

const schema = {
  tags: ['container'], summary: 'Removes a container\'s registration', querystring: idQuery, headers: ifMatch
}

/** `GET container/remove` (v0.1, as Mozart has it) and `DELETE container` (v0.2). */
const remove: FastifyPluginAsync = async (fastify) => {
  async function unregister ({ parameters, headers, catalogue }: FastifyRequest) {
    const id = parseDocumentId('id', parameters.required('id', 'id must be supplied'))
    if (!await catalogue.remove('container', id, Precondition.of(headers))) {
      throw new LeporelloError('CONTAINER_UNKNOWN', `container not found: ${id}`)
    }
    return { id, message: `job_spec deleted: ${id}` }
  }

  fastify.get('/remove', {
    schema: { ...schema, operationId: 'removeContainer', response: answers() },
    config: { mozart: { hasResult: false } },
    // A HEAD must change nothing.
    exposeHeadRoute: false
  }, async request => {
    const { message } = await unregister(request)
    return { success: true, message }
  })

  fastify.delete('', {
    schema: { ...schema, operationId: 'deleteContainer', response: answers(documentId) },
    config: { mozart: { hasResult: true } }
  }, async request => {
    const { id, message } = await unregister(request)
    return { success: true, message, result: id }
  })
}

export default remove
