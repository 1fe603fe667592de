import type { FastifyPluginAsync } from 'fastify'
import { parseArchitecture } from '../../../src/domain/architecture.js'
import { LONGEST_ID_BYTES } from '../../../src/domain/document-id.js'
import { LeporelloError } from '../../../src/errors.js'
import { JsonText } from '../../../src/wire/envelope.js'
import type { Parameters } from '../../../src/wire/parameters.js'
import { architecture, containerDocument, documentId, ownAnswers } from '../schemas.js'

const DEFAULT_SIZE = 100
const MOST = 1000

const schema = {
  operationId: 'searchContainers',
  tags: ['container'],
  summary: 'Whole documents, in the order of their ids, page by page',
  querystring: {
    type: 'object',
    properties: {
      q: { type: 'string', description: 'Part of the id, letter for letter.' },
      arch: { ...architecture, description: 'Containers with an image that such a machine can run.' },
      missing: { ...architecture, description: 'Containers without one.' },
      version: { type: 'string', description: 'The version, letter for letter.' },
      size: { type: 'integer', minimum: 1, maximum: MOST, default: DEFAULT_SIZE },
      after: { ...documentId, description: 'Where to go on: what the page before gave as `after`.' }
    }
  },
  response: ownAnswers({
    type: 'object',
    required: ['containers', 'after'],
    properties: {
      containers: { type: 'array', items: containerDocument },
      after: { type: ['string', 'null'], description: 'null after the last page. A page may be short, even empty, before it.' }
    }
  })
}

const search: FastifyPluginAsync = async (fastify) => {
  fastify.get('/search', { schema }, async ({ parameters, catalogue }) => {
    const { containers, after = null } = await catalogue.search({
      q: parameters.text('q'),
      arch: optionalArchitecture(parameters, 'arch'),
      missing: optionalArchitecture(parameters, 'missing'),
      version: parameters.text('version') || undefined,
      size: sizeOf(parameters.json('size')),
      after: afterOf(parameters.text('after'))
    })
    return { success: true, message: '', result: { containers: containers.map(json => new JsonText(json)), after } }
  })
}

function optionalArchitecture (parameters: Parameters, name: string) {
  const spelling = parameters.text(name)
  return spelling ? parseArchitecture(spelling) : undefined
}

/** Where another program wrote it, it need not be an id as ours are. */
function afterOf (text: string | undefined): string | undefined {
  if (!text) return undefined
  if (Buffer.byteLength(text) <= LONGEST_ID_BYTES) return text
  throw new LeporelloError('PARAMETER_INVALID', 'after must be what an earlier page gave', { details: { parameter: 'after' } })
}

function sizeOf (text: string | undefined): number {
  if (!text) return DEFAULT_SIZE
  const size = Number(text)
  if (/^\d+$/.test(text) && size >= 1 && size <= MOST) return size
  throw new LeporelloError('PARAMETER_INVALID', `size must be a whole number from 1 to ${MOST}`, { details: { parameter: 'size' } })
}

export default search
