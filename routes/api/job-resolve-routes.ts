import type { FastifyInstance } from 'fastify'
import { parseDocumentId } from '../../src/domain/document-id.js'
import { JsonText } from '../../src/wire/envelope.js'
import { wantedOf, wantedProperties } from './resolve-routes.js'
import { documentId, ownAnswers } from './schemas.js'

const image = {
  container_image_name: documentId,
  container_image_url: { type: ['string', 'null'], description: 'With arch: that architecture\'s tarball.' },
  container_image_urls: { type: ['string', 'null'], description: 'JSON text, as registered; null with arch.' },
  container_mappings: { type: 'object', additionalProperties: true },
  architecture: { type: 'string', description: 'With arch: what was found.' }
}

const schema = {
  operationId: 'resolveJobSpec',
  tags: ['job_spec'],
  summary: 'What a job needs to run: its container\'s image and each dependency\'s; 404 names all that is missing',
  querystring: { type: 'object', required: ['id'], properties: { id: documentId, ...wantedProperties } },
  response: ownAnswers({
    type: 'object',
    properties: {
      ...image,
      dependency_images: { type: 'array', items: { type: 'object', additionalProperties: true, properties: image } }
    }
  })
}

/** `GET job_spec/resolve`. */
export function jobResolveRoutes (fastify: FastifyInstance): void {
  fastify.get('/resolve', { schema }, async ({ parameters, catalogue }) => {
    const id = parseDocumentId('id', parameters.required('id', 'id must be supplied'))
    const job = await catalogue.resolveJob(id, wantedOf(parameters))
    const result = Object.fromEntries(Object.entries(job).map(([key, text]) => [key, new JsonText(text)]))
    return { success: true, message: '', result }
  })
}
