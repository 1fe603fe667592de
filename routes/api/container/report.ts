import type { FastifyPluginAsync } from 'fastify'
import type { Printable } from '../../../src/wire/envelope.js'
import { documentId, ownAnswers } from '../schemas.js'

const listed = {
  type: 'object',
  required: ['count', 'ids'],
  properties: { count: { type: 'integer' }, ids: { type: 'array', items: documentId, description: 'The first 1,000.' } }
}

const flawed = {
  type: 'object',
  properties: {
    id: documentId,
    flaws: { type: 'array', items: { type: 'object', properties: { code: { type: 'string' }, message: { type: 'string' } } } }
  }
}

const schema = {
  operationId: 'reportContainers',
  tags: ['container'],
  summary: 'What the site has, lacks and should mend, whoever wrote it; reads every container',
  response: ownAnswers({
    type: 'object',
    properties: {
      containers: { type: 'integer' },
      architectures: { type: 'object', additionalProperties: { type: 'integer' }, description: 'How many containers have an image for each.' },
      lacking: { type: 'object', additionalProperties: listed, description: 'Who has no image for an architecture that others have.' },
      legacy: { ...listed, description: 'Without urls, from before there were several architectures.' },
      versions_differ: { ...listed, description: 'Whose images are of different versions.' },
      flawed: {
        type: 'object',
        description: 'What workers cannot use or would misunderstand.',
        properties: { count: { type: 'integer' }, containers: { type: 'array', items: flawed, description: 'The first 1,000.' } }
      }
    }
  })
}

const report: FastifyPluginAsync = async (fastify) => {
  fastify.get('/report', { schema }, async ({ catalogue }) => {
    const result = await catalogue.report() as object as Printable
    return { success: true, message: '', result }
  })
}

export default report
