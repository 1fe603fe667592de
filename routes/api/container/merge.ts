import type { FastifyPluginAsync } from 'fastify'
import { parseBuildOfImages } from '../../../src/domain/build.js'
import { parseContainerMerge } from '../../../src/domain/container-merge.js'
import { Precondition } from '../../../src/domain/precondition.js'
import { JsonText } from '../../../src/wire/envelope.js'
import { architecture, build, changeAnswers, documentId, expect, FORMS, preconditions, waitingAnswer } from '../schemas.js'
import { nameOf, waitingEnvelope } from '../waiting.js'

const schema = {
  operationId: 'mergeContainer',
  tags: ['container'],
  summary: 'Registers images of some architectures beside those that the container has; makes it if there is none',
  consumes: FORMS,
  headers: preconditions,
  body: {
    type: 'object',
    required: ['name', 'version'],
    properties: {
      name: documentId,
      version: { type: 'string', examples: ['1.0'] },
      urls: {
        type: 'string',
        description: 'JSON text: an object from architecture spellings to tarball urls.',
        examples: ['{"aarch64": "s3://bucket/hello-1.0-arm64.tar.gz"}']
      },
      architecture: { ...architecture, description: `For one architecture, instead of urls. ${architecture.description}` },
      url: { type: 'string', description: 'The tarball for that architecture.' },
      digest: { type: 'string', description: 'The image id, as `docker inspect` gives it, where one image is sent.' },
      build,
      expect
    }
  },
  response: { ...changeAnswers(), 202: waitingAnswer }
}

const MESSAGES = { created: 'created with', changed: 'now has', unchanged: 'already has' }

/** `POST container/merge`: as many builds as there are architectures may send it at once, in any order, repeatedly. */
const merge: FastifyPluginAsync = async (fastify) => {
  fastify.post('/merge', { schema }, async ({ parameters, headers, catalogue }, reply) => {
    const request = parseContainerMerge({
      name: parameters.required('name', 'name must be supplied'),
      version: parameters.required('version', 'version must be supplied'),
      digest: parameters.text('digest'),
      urls: parameters.json('urls'),
      architecture: parameters.text('architecture'),
      url: parameters.text('url')
    })
    const of = parseBuildOfImages(parameters.text('build'), parameters.json('expect'))
    const merged = await catalogue.merge({ ...request, ...of }, Precondition.of(headers))
    const assumptions = request.urls.assumptions.map(message => ({ code: 'ARCHITECTURE_ASSUMED', message }))
    if (merged.outcome === 'waiting') {
      reply.code(202)
      return { ...waitingEnvelope(request.id, merged), ...assumptions.length > 0 && { warnings: assumptions } }
    }
    const { document, tag, outcome, warnings } = merged
    const all = [...assumptions, ...warnings].map(({ code, message }) => ({ code, message }))
    reply.header('etag', `"${tag}"`)
    return {
      success: true,
      message: outcome === 'published'
        ? `${nameOf({ ...request, build: of.build ?? null })} is complete and registered`
        : `${request.id} ${MESSAGES[outcome]} ${request.urls.architectures.join(', ')}`,
      result: new JsonText(document),
      ...all.length > 0 && { warnings: all }
    }
  })
}

export default merge
