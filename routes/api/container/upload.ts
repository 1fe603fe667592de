import type { Readable } from 'node:stream'
import multipart from '@fastify/multipart'
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import type { AppOptions } from '../../../src/app.js'
import { parseArchitecture } from '../../../src/domain/architecture.js'
import { authorOf, type Author } from '../../../src/domain/author.js'
import { parseBuildOfImages, refuseExpect } from '../../../src/domain/build.js'
import { parseDocumentId } from '../../../src/domain/document-id.js'
import { parseFreeText } from '../../../src/domain/free-text.js'
import { Precondition } from '../../../src/domain/precondition.js'
import { needsSets } from '../../../src/domain/set-rules.js'
import { LeporelloError } from '../../../src/errors.js'
import { JsonText } from '../../../src/wire/envelope.js'
import { sendContinue } from '../../../src/wire/send-continue.js'
import { fileError, FORM_LIMITS, readUploadForm, type FormPart, type FormTarball } from '../../../src/wire/upload-form.js'
import { UploadWatch } from '../../../src/wire/upload-watch.js'
import type { Warning } from '../../../src/catalogue/container-changes.js'
import type { UploadRequest } from '../../../src/catalogue/uploads.js'
import { build, containerDocument, documentId, expect, preconditions, refusal, waitingAnswer } from '../schemas.js'
import { waitingEnvelope } from '../waiting.js'

const parameters = {
  name: documentId,
  version: { type: 'string', examples: ['1.0'] },
  digest: {
    type: 'string',
    description: 'Must be a digest of one of the images. Absent: the image id for amd64, or else the first one\'s.'
  },
  mode: {
    type: 'string',
    enum: ['replace', 'merge'],
    description: 'merge keeps the images of the architectures that are not sent. Absent: merge with build or expect, else replace.'
  },
  build,
  expect,
  verify: { type: 'string', enum: ['strict', 'lenient'], default: 'strict' }
}

const architecture = { type: 'string', description: 'What the image is for, in any usual spelling. Absent: the image tells.' }

const tarball = { type: 'string', contentMediaType: 'application/octet-stream' }

const response = {
  200: {
    type: 'object',
    description: 'All tarballs are proved, stored and registered.',
    required: ['success', 'message', 'result'],
    properties: {
      success: { type: 'boolean', const: true },
      message: { type: 'string' },
      result: containerDocument,
      warnings: {
        type: 'array',
        items: { type: 'object', properties: { code: { type: 'string' }, message: { type: 'string' } } }
      }
    }
  },
  202: waitingAnswer,
  '4xx': refusal,
  '5xx': refusal
}

/** `POST container/upload` with a form, `PUT container/upload` with one tarball as the body. */
const upload: FastifyPluginAsync<AppOptions> = async (fastify, { config: { uploads: limits } }) => {
  const { uploads } = fastify
  const config = { readsBody: true }

  fastify.removeAllContentTypeParsers()
  // Nothing is read before the handler does.
  fastify.addContentTypeParser('*', (_request, body, done) => { done(null, body) })
  await fastify.register(multipart, {
    throwFileSizeLimit: false,
    limits: { ...FORM_LIMITS, fileSize: Infinity }
  })

  /** Takes a place among the uploads, watches the client while `work` is done, and gives the answer. */
  async function answer (
    request: FastifyRequest, reply: FastifyReply, lenient: boolean,
    work: (signal: AbortSignal) => Promise<Awaited<ReturnType<typeof uploads.upload>>>
  ) {
    const leave = uploads.admit(lenient, request.caller, request.source)
    const watch = new UploadWatch(request.raw, limits)
    try {
      sendContinue(request.raw, reply.raw)
      const uploaded = await work(watch.signal)
      if ('waiting' in uploaded) {
        reply.code(202)
        return { ...waitingEnvelope(uploaded.id, uploaded.waiting), ...shownWarnings(uploaded.warnings) }
      }
      const { document, tag, warnings } = uploaded
      reply.header('etag', `"${tag}"`)
      const { id } = JSON.parse(document) as { id: string }
      return {
        success: true,
        message: `${id} added to index containers`,
        result: new JsonText(document),
        ...shownWarnings(warnings)
      }
    } finally {
      watch.end()
      leave()
    }
  }

  fastify.post('/upload', {
    schema: {
      operationId: 'uploadContainer',
      tags: ['container'],
      summary: 'Stores image tarballs, one for each architecture, and registers the container with all of them',
      consumes: ['multipart/form-data'],
      headers: preconditions,
      body: {
        type: 'object',
        description: 'The fields come before the files. A file part is named for its architecture in any usual spelling.',
        required: ['name', 'version'],
        properties: { ...parameters, tarball, x86_64: tarball, arm64: tarball },
        additionalProperties: tarball
      },
      response
    },
    config
  }, async (request, reply) => {
    request.caller.checkRole('write')
    if (!request.isMultipart()) {
      throw new LeporelloError('BODY_NOT_UNDERSTOOD', 'the body must be a form of the type multipart/form-data, as curl -F ' +
        'sends it; a tarball alone is sent with PUT')
    }
    return await answer(request, reply, queryOf(request).get('verify') === 'lenient', async signal => {
      const form = await readUploadForm(request.parts() as AsyncIterator<FormPart>, signal)
      const wanted = wantedOf(request, name => form.fields.get(name) ?? queryOf(request).get(name), ', before the first file')
      request.caller.check('write', 'container', wanted.name)
      if (wanted.lenient) uploads.admitLenient(request.caller)
      return await uploads.upload(wanted, form.tarballs, uploaderOf(request), signal).catch(error => { throw fileError(error) })
    })
  })

  fastify.put('/upload', {
    schema: {
      operationId: 'putContainerTarball',
      tags: ['container'],
      summary: 'Stores one image tarball, the body, and registers the container with it',
      consumes: ['application/octet-stream'],
      headers: preconditions,
      querystring: { type: 'object', required: ['name', 'version'], properties: { ...parameters, architecture } },
      body: tarball,
      response
    },
    config
  }, async (request, reply) => {
    request.caller.checkRole('write')
    const query = queryOf(request)
    const wanted = wantedOf(request, name => query.get(name), ' in the query')
    request.caller.check('write', 'container', wanted.name)
    const spelling = query.get('architecture')
    const claim = spelling === undefined ? undefined : parseArchitecture(spelling)
    refuseTooLarge(request, limits.maxBytes)
    return await answer(request, reply, wanted.lenient, async signal =>
      await uploads.upload(wanted, one({ architecture: claim, body: request.body as Readable ?? request.raw }), uploaderOf(request), signal))
  })
}

function uploaderOf ({ caller, id }: FastifyRequest): Author {
  return { ...authorOf(caller, id), operation: 'upload' }
}

function shownWarnings (warnings: readonly Warning[]) {
  return warnings.length > 0 ? { warnings: warnings.map(({ code, message }) => ({ code, message })) } : {}
}

function queryOf (request: FastifyRequest): ReadonlyMap<string, string> {
  return request.query as ReadonlyMap<string, string>
}

function wantedOf ({ headers }: FastifyRequest, get: (name: string) => string | undefined, where: string): UploadRequest {
  const required = (name: string): string => get(name) || missing(name, where)
  const name = parseDocumentId('name', required('name'))
  return {
    name,
    version: parseFreeText('version', required('version')),
    digest: get('digest') || undefined,
    lenient: choice('verify', get('verify'), ['strict', 'lenient']) === 'lenient',
    ...modeOf(get),
    precondition: Precondition.of(headers)
  }
}

/** What belongs to a build or a set is merged, unless it is said to replace everything; nothing can wait then. */
function modeOf (get: (name: string) => string | undefined): Pick<UploadRequest, 'mode' | 'of'> {
  const of = parseBuildOfImages(get('build'), get('expect'))
  const mode = get('mode') || (needsSets(of) ? 'merge' : 'replace')
  if (mode === 'replace') refuseExpect(of)
  return { mode: choice('mode', mode, ['replace', 'merge']), of }
}

/** The first of the accepted values where there is none. */
function choice<T extends string> (parameter: string, value: string | undefined, accepted: readonly [T, T]): T {
  const found = accepted.find(each => each === (value || accepted[0]))
  if (found !== undefined) return found
  throw new LeporelloError('PARAMETER_INVALID', `${parameter} must be ${accepted.join(' or ')}`, { details: { parameter } })
}

function missing (name: string, where: string): never {
  throw new LeporelloError('PARAMETER_MISSING', `${name} must be supplied${where}`, { details: { parameter: name } })
}

function refuseTooLarge ({ headers }: FastifyRequest, maxBytes: number): void {
  const bytes = Number(headers['content-length'])
  if (bytes > maxBytes) {
    throw new LeporelloError('TOO_LARGE', `the tarball has ${bytes} bytes; at most ${maxBytes} are accepted`)
  }
}

async function * one (tarball: FormTarball): AsyncGenerator<FormTarball> {
  yield tarball
}

export default upload
