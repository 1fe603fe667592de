import type { FastifyInstance } from 'fastify'
import type { ToldChange } from '../../src/catalogue/history-pages.js'
import type { Resource } from '../../src/domain/caller.js'
import { parseDocumentId } from '../../src/domain/document-id.js'
import { LeporelloError } from '../../src/errors.js'
import { JsonText } from '../../src/wire/envelope.js'
import { documentId, ownAnswers } from './schemas.js'

export interface HistoryRoute {
  readonly kind: Resource
  readonly operationId: string
  readonly noun: string
}

const DEFAULT_LIMIT = 100
const MOST = 1000

const querystring = {
  type: 'object',
  required: ['id'],
  properties: {
    id: documentId,
    limit: { type: 'integer', minimum: 1, maximum: MOST, default: DEFAULT_LIMIT },
    before: { type: 'string', description: 'What an earlier page gave, to go on with what is older.' }
  }
}

const document = { type: ['object', 'null'], additionalProperties: true }

const change = {
  type: 'object',
  properties: {
    at: { type: 'string', format: 'date-time', description: 'By the clock of whoever made it; the order is the index\'s own.' },
    by: { type: 'string', description: 'The name of the user or token.' },
    account: { type: ['string', 'null'], enum: ['user', 'token', 'service', null], description: 'service: a Leporello of its own accord.' },
    request_id: { type: ['string', 'null'], description: 'As in X-Request-Id and in the log.' },
    operation: { type: 'string', enum: ['add', 'merge', 'upload', 'detach', 'remove', 'publish', 'abandon', 'expire', 'import'] },
    resource: { type: 'string', enum: ['container', 'job_spec', 'hysds_io', 'set'], description: 'set: images that wait, or waited.' },
    name: documentId,
    build: { type: ['string', 'null'] },
    etag_before: { type: ['string', 'null'], description: 'Of the document that was there; other than the last entry\'s: somebody else changed it in between.' },
    etag_after: { type: ['string', 'null'], description: 'Of the document that is there since; null when it was removed.' },
    left_out: { type: 'boolean', description: 'A document of more than 1 MiB is not kept.' },
    before: document,
    after: document,
    write: {
      type: 'object',
      description: 'Which write of the index it was, as that counts them.',
      properties: {
        index: { type: ['string', 'null'], description: 'The engine\'s id of the index.' },
        primary_term: { type: ['integer', 'null'] },
        seq_no: { type: 'integer' }
      }
    }
  }
}

const result = {
  type: 'object',
  required: ['changes', 'before'],
  properties: {
    changes: { type: 'array', items: change, description: 'The newest first.' },
    before: { type: ['string', 'null'], description: 'To ask for what is older; null when nothing is.' }
  }
}

/** `GET history`: who changed one document, when, and how; also of one that is gone. */
export function historyRoute (fastify: FastifyInstance, { kind, operationId, noun }: HistoryRoute): void {
  fastify.get('/history', {
    schema: {
      operationId, tags: [kind], summary: `Who changed a ${noun}, when, and how, the newest first; also of one that is gone`, querystring, response: ownAnswers(result)
    }
  }, async ({ parameters, catalogue }) => {
    const id = parseDocumentId('id', parameters.required('id', 'id must be supplied'))
    const request = { limit: parseLimit(parameters.json('limit')), before: parameters.text('before') || undefined }
    const { changes, before } = await catalogue.changesOf(kind, id, request)
    return { success: true, message: '', result: { changes: changes.map(printed), before } }
  })
}

function printed ({ json, write }: ToldChange): JsonText {
  return new JsonText(`${json.slice(0, -1)},"write":${JSON.stringify(write)}}`)
}

function parseLimit (text: string | undefined): number {
  if (!text) return DEFAULT_LIMIT
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : 0
  if (limit >= 1 && limit <= MOST) return limit
  throw new LeporelloError('PARAMETER_INVALID', `limit must be a whole number from 1 to ${MOST}`, { details: { parameter: 'limit' } })
}
