import type { FastifyPluginAsync } from 'fastify'
import { parseDocumentId } from '../../../src/domain/document-id.js'
import { LeporelloError } from '../../../src/errors.js'
import { JsonText } from '../../../src/wire/envelope.js'
import type { Parameters } from '../../../src/wire/parameters.js'
import { answers, containerDocument, idQuery } from '../schemas.js'

const schema = {
  tags: ['container'],
  summary: 'One container\'s document',
  querystring: idQuery,
  response: answers(containerDocument)
}

/** `GET container/info` (v0.1) and `GET container` (v0.2): only the latter says what was not found. */
const info: FastifyPluginAsync = async (fastify) => {
  const { catalogue } = fastify
  const config = { mozart: { hasResult: true } }

  async function find (parameters: Parameters, unknown: (id: string) => string) {
    const id = parseDocumentId('id', parameters.required('id', 'id must be supplied'))
    const document = await catalogue.find('container', id)
    if (document === undefined) throw new LeporelloError('CONTAINER_UNKNOWN', unknown(id))
    return { success: true, message: '', result: new JsonText(document) }
  }

  fastify.get('/info', { schema: { ...schema, operationId: 'getContainer' }, config },
    ({ parameters }) => find(parameters, () => ''))
  fastify.get('', { schema: { ...schema, operationId: 'findContainer' }, config },
    ({ parameters }) => find(parameters, id => `container not found: ${id}`))
}

export default info
