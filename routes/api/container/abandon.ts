import type { FastifyPluginAsync } from 'fastify'
import { parseBuild } from '../../../src/domain/build.js'
import { parseDocumentId } from '../../../src/domain/document-id.js'
import { LeporelloError } from '../../../src/errors.js'
import type { Parameters } from '../../../src/wire/parameters.js'
import { build, documentId, FORMS, ownAnswers, pendingSet } from '../schemas.js'
import { nameOf, printable } from '../waiting.js'

const schema = {
  operationId: 'abandonSet',
  tags: ['container'],
  summary: 'Ends a set that waits: its images are shown to nobody, and what comes later begins a new one',
  consumes: FORMS,
  body: {
    type: 'object',
    required: ['id'],
    properties: {
      id: documentId,
      build,
      version: { type: 'string', description: 'Of a set without a build.', examples: ['1.0'] }
    }
  },
  response: ownAnswers(pendingSet)
}

const abandon: FastifyPluginAsync = async (fastify) => {
  fastify.post('/abandon', { schema }, async ({ parameters, catalogue }) => {
    const id = parseDocumentId('id', parameters.required('id', 'id must be supplied'))
    const set = await catalogue.abandon(id, wanted(parameters))
    return { success: true, message: `${nameOf(set)} is abandoned`, result: printable(set) }
  })
}

function wanted (parameters: Parameters): { readonly build: string } | { readonly version: string } {
  const [build, version] = [parameters.text('build'), parameters.text('version')]
  if (build && version) {
    throw new LeporelloError('PARAMETER_INVALID', 'either build or version can be abandoned, not both', { details: { parameter: 'version' } })
  }
  if (build) return { build: parseBuild(build) }
  return { version: version || parameters.missing('build must be supplied, or version for a set without one', 'build') }
}

export default abandon
