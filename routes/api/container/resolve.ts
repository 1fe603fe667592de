import type { FastifyPluginAsync } from 'fastify'
import { parseDocumentId } from '../../../src/domain/document-id.js'
import { parseSentJson } from '../../../src/domain/sent-json.js'
import { LeporelloError } from '../../../src/errors.js'
import { requiredWanted, resolvedImage, wantedProperties } from '../resolve-routes.js'
import { documentId, FORMS, ownAnswers } from '../schemas.js'

const MOST_IDS = 1000

const one = {
  operationId: 'resolveContainer',
  tags: ['container'],
  summary: 'The image that a machine of an architecture loads; 404 with what is available when there is none',
  querystring: { type: 'object', required: ['id', 'arch'], properties: { id: documentId, ...wantedProperties } },
  response: ownAnswers(resolvedImage)
}

const many = {
  operationId: 'resolveContainers',
  tags: ['container'],
  summary: 'The same for up to 1,000 containers: for each what asking for it alone would answer',
  consumes: FORMS,
  body: {
    type: 'object',
    required: ['ids', 'arch'],
    properties: { ids: { type: 'array', maxItems: MOST_IDS, items: documentId }, ...wantedProperties }
  },
  response: ownAnswers({
    type: 'array',
    description: 'In the order of the ids.',
    items: {
      type: 'object',
      required: ['id', 'success', 'message', 'result'],
      properties: {
        id: documentId,
        success: { type: 'boolean' },
        message: { type: 'string' },
        result: { type: 'object', additionalProperties: true, description: 'The image, or the code of the refusal.' }
      }
    }
  })
}

const resolve: FastifyPluginAsync = async (fastify) => {
  fastify.get('/resolve', { schema: one }, async ({ parameters, catalogue }) => {
    const id = parseDocumentId('id', parameters.required('id', 'id must be supplied'))
    return { success: true, message: '', result: await catalogue.resolve(id, requiredWanted(parameters)) }
  })

  fastify.post('/resolve', { schema: many }, async ({ parameters, catalogue }) => {
    const ids = parseIds(parameters.json('ids') ?? parameters.missing('ids must be supplied: a JSON list of ids', 'ids'))
    const images = await catalogue.resolveAll(ids, requiredWanted(parameters))
    const result = images.map((image, at) => image instanceof LeporelloError
      ? { id: ids[at], success: false, message: image.message, result: { code: image.code, ...image.details } }
      : { id: ids[at], success: true, message: '', result: image })
    return { success: true, message: '', result }
  })
}

/** @throws LeporelloError `PARAMETER_INVALID`, `TOO_LARGE`; what is no id is answered as asking for it alone would be. */
function parseIds (text: string): string[] {
  const items = itemsOf(text)
  if (items.length > MOST_IDS) refuse(`has ${items.length} ids; there may be ${MOST_IDS}`)
  return items.map(item => item.string ?? refuse(`must hold ids in strings, not ${item.kind}`))
}

function itemsOf (text: string) {
  try {
    const node = parseSentJson(text)
    if (node.kind === 'a list') return node.items
    return refuse(`must be a JSON list, not ${node.kind}`)
  } catch (error) {
    if (error instanceof SyntaxError) return refuse(`is not valid JSON: ${error.message}`)
    throw error
  }
}

function refuse (flaw: string): never {
  throw new LeporelloError('PARAMETER_INVALID', `ids ${flaw}`, { details: { parameter: 'ids' } })
}

export default resolve
