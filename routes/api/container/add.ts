import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import { parseBuildOfImages, refuseExpect } from '../../../src/domain/build.js'
import { parseContainer } from '../../../src/domain/container.js'
import { Precondition } from '../../../src/domain/precondition.js'
import { answers, build, documentId, FORMS, preconditions } from '../schemas.js'

const body = {
  type: 'object',
  required: ['name', 'version', 'digest'],
  properties: {
    name: documentId,
    version: { type: 'string', examples: ['1.0'] },
    digest: { type: 'string', description: 'The image id, as `docker inspect` gives it.', examples: ['sha256:9f8e...'] },
    url: { type: 'string', description: 'The tarball for amd64. Absent or empty: the amd64 entry of urls, or null.' },
    urls: {
      type: 'string',
      description: 'JSON text: an object from architecture spellings to tarball urls. ' +
        'Missing published spellings of an architecture are completed.',
      examples: ['{"x86_64": "s3://bucket/hello-1.0.tar.gz", "arm64": "s3://bucket/hello-1.0-arm64.tar.gz"}']
    },
    build: { ...build, description: `${build.description} It becomes the last one, whatever was seen before.` }
  }
}

const schema = {
  tags: ['container'],
  summary: 'Registers a container; one of the same name is replaced whole',
  consumes: FORMS,
  headers: preconditions,
  body,
  response: answers(documentId)
}

/** Clients read headers of 16 KiB, and there are hundreds of spellings. */
const MOST_WARNINGS = 10

const NEITHER_URL = 'Parameters (name, version, digest) and at least one of (url, urls) must be supplied'
const NOT_ALL = 'Parameters (name, url, version, digest) must be supplied'

/** `POST container/add` (v0.1) and `POST container` (v0.2): they differ in the words of a refusal only. */
const add: FastifyPluginAsync = async (fastify) => {
  const config = { mozart: { hasResult: true } }

  async function register ({ parameters, headers, catalogue }: FastifyRequest, reply: FastifyReply, missing: string) {
    const name = parameters.required('name', missing)
    const version = parameters.required('version', missing)
    const digest = parameters.required('digest', missing)
    const url = parameters.text('url')
    const urls = parameters.json('urls')
    if (url === undefined && urls === undefined) parameters.missing(NEITHER_URL)
    const container = parseContainer({ name, version, digest, url, urls })
    const of = parseBuildOfImages(parameters.text('build'), parameters.json('expect'))
    refuseExpect(of)
    const { tag } = await catalogue.register(container, Precondition.of(headers), of.build)
    reply.header('etag', `"${tag}"`)
    // RFC 7234, 5.5: for whoever looks; the body stays Mozart's.
    const warnings = container.urls?.assumptions.slice(0, MOST_WARNINGS).map(text => `299 - ${JSON.stringify(text)}`) ?? []
    if (warnings.length > 0) reply.header('warning', warnings)
    return { success: true, message: `${name} added to index containers`, result: name }
  }

  fastify.post('/add', { schema: { ...schema, operationId: 'addContainer' }, config },
    (request, reply) => register(request, reply, NEITHER_URL))
  fastify.post('', { schema: { ...schema, operationId: 'postContainer' }, config },
    (request, reply) => register(request, reply, NOT_ALL))
}

export default add
