import type { FastifyInstance, FastifyRequest } from 'fastify'
import { parseDocumentId } from '../../src/domain/document-id.js'
import { parseSpec } from '../../src/domain/spec.js'
import { LeporelloError, type ErrorCode } from '../../src/errors.js'
import { JsonText } from '../../src/wire/envelope.js'
import { listRoute } from './list-routes.js'
import { answers, documentId, FORMS, idQuery, specDocument } from './schemas.js'

/** What differs between Mozart's two kinds of specifications: names and words. */
export interface SpecWording {
  readonly kind: 'job_spec' | 'hysds_io'
  readonly unknown: ErrorCode
  /** Ends operationIds: `addJobSpec`. */
  readonly operation: string
  readonly noun: string
  readonly added: (id: string) => string
  readonly found: (id: string) => string
  /** By v0.1's `type` and by v0.2's GET. */
  readonly notFound: { readonly type: (id: string) => string, readonly get: (id: string) => string }
  /** By v0.1's `remove` and by v0.2's DELETE. */
  readonly removed: { readonly remove: (id: string) => string, readonly delete: (id: string) => string }
}

const body = {
  type: 'object',
  required: ['spec'],
  properties: {
    spec: {
      type: 'string',
      description: 'The specification: JSON text of an object with a string `id` that is not empty.',
      examples: ['{"id": "job-hello:1.0", "container": "container-hello:1.0", "params": []}']
    }
  }
}

/** The routes of one kind of specification, in v0.1's form and in v0.2's. */
export function specRoutes (fastify: FastifyInstance, wording: SpecWording): void {
  listRoute(fastify, {
    kind: wording.kind, operationId: `list${wording.operation}s`, summary: `All ${wording.noun}s' ids, sorted`
  })
  addRoutes(fastify, wording)
  findRoutes(fastify, wording)
  removeRoutes(fastify, wording)
}

function addRoutes (fastify: FastifyInstance, { kind, operation, noun, added }: SpecWording): void {
  const schema = {
    tags: [kind],
    summary: `Registers a ${noun}; one of the same id is replaced`,
    consumes: FORMS,
    body,
    response: answers(documentId)
  }
  const config = { mozart: { hasResult: true } }

  async function add ({ parameters, catalogue }: FastifyRequest) {
    const spec = parseSpec(parameters.json('spec') ?? parameters.missing('spec object missing'))
    await catalogue.storeSpec(kind, spec)
    return { success: true, message: added(spec.id), result: spec.id }
  }

  fastify.post('/add', { schema: { ...schema, operationId: `add${operation}` }, config },
    request => add(request))
  fastify.post('', { schema: { ...schema, operationId: `post${operation}` }, config },
    request => add(request))
}

function findRoutes (fastify: FastifyInstance, { kind, operation, noun, unknown, found, notFound }: SpecWording): void {
  const schema = { tags: [kind], summary: `One ${noun}`, querystring: idQuery, response: answers(specDocument) }
  const config = { mozart: { hasResult: true } }

  async function find ({ parameters, catalogue }: FastifyRequest, message: (id: string) => string) {
    const id = parseDocumentId('id', parameters.required('id', 'missing parameter: id'))
    const document = await catalogue.find(kind, id)
    if (document === undefined) throw new LeporelloError(unknown, message(id))
    return { success: true, message: found(id), result: new JsonText(document) }
  }

  fastify.get('/type', { schema: { ...schema, operationId: `get${operation}` }, config },
    request => find(request, notFound.type))
  fastify.get('', { schema: { ...schema, operationId: `find${operation}` }, config },
    request => find(request, notFound.get))
}

function removeRoutes (fastify: FastifyInstance, { kind, operation, noun, unknown, removed }: SpecWording): void {
  const schema = { tags: [kind], summary: `Removes a ${noun}`, querystring: idQuery }

  async function remove ({ parameters, catalogue }: FastifyRequest): Promise<string> {
    const id = parseDocumentId('id', parameters.required('id', 'id parameter not included'))
    if (!await catalogue.remove(kind, id)) throw new LeporelloError(unknown, `${noun} not found: ${id}`)
    return id
  }

  fastify.get('/remove', {
    schema: { ...schema, operationId: `remove${operation}`, response: answers() },
    config: { mozart: { hasResult: false } },
    // A HEAD must change nothing.
    exposeHeadRoute: false
  }, async request => ({ success: true, message: removed.remove(await remove(request)) }))

  fastify.delete('', {
    schema: { ...schema, operationId: `delete${operation}`, response: answers({ type: 'null' }) },
    config: { mozart: { hasResult: true } }
  }, async request => ({ success: true, message: removed.delete(await remove(request)), result: null }))
}
