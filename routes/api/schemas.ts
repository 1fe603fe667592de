/** JSON Schemas that several routes describe themselves with; they document and do not validate. */

export const documentId = {
  type: 'string',
  description: 'The document\'s id: 1 to 512 bytes of UTF-8 without control characters.',
  examples: ['container-hello:1.0']
}

export const idQuery = { type: 'object', required: ['id'], properties: { id: documentId } }

/** Bodies are read in all three forms by every route; parameters may also stand in the query. */
export const FORMS = ['application/x-www-form-urlencoded', 'multipart/form-data', 'application/json']

export const containerDocument = {
  type: 'object',
  description: 'The document as it is stored, by whomever; it may hold more fields than these.',
  additionalProperties: true,
  properties: {
    id: documentId,
    version: { type: 'string' },
    digest: { type: 'string', description: 'The image id the client sent.' },
    url: { type: ['string', 'null'], description: 'The tarball for amd64; null when there is none.' },
    urls: { type: 'string', description: 'JSON text: an object from architecture spellings to tarball urls.' },
    images: {
      type: 'array',
      description: 'What was proved of the images that were uploaded through this service.',
      items: {
        type: 'object',
        properties: {
          architecture: { type: 'string' },
          variant: { type: 'string' },
          file: { type: 'string', description: 'The base name of the url that it is about.' },
          image_id: { type: 'string' },
          digests: { type: 'array', items: { type: 'string' }, description: 'By which engines know the image.' },
          sha256: { type: 'string', description: 'Of the tarball, hexadecimal.' },
          size: { type: 'integer', description: 'Of the tarball, in bytes.' },
          version: { type: 'string' },
          verified: { type: 'boolean' }
        }
      }
    },
    updated_at: { type: 'string', format: 'date-time' },
    updated_by: { type: 'string' }
  }
}

export const specDocument = {
  type: 'object',
  description: 'The specification as it was registered: numbers keep their digits, keys their order.',
  additionalProperties: true,
  required: ['id'],
  properties: { id: documentId }
}

/** A refusal by one of our own routes. */
export const refusal = {
  type: 'object',
  description: 'Refused. The header X-Error-Code and `result.code` have the reason as a code.',
  headers: { 'X-Error-Code': { type: 'string' } },
  properties: {
    success: { type: 'boolean', const: false },
    message: { type: 'string', description: 'A sentence that says what is wrong.' },
    result: { type: 'object', additionalProperties: true, properties: { code: { type: 'string' } } }
  }
}

const failure = {
  type: 'object',
  description: 'Refused. The header X-Error-Code has the reason as a code.',
  headers: { 'X-Error-Code': { type: 'string' } },
  properties: {
    success: { type: 'boolean', const: false },
    message: { type: 'string', description: 'A sentence that says what is wrong.' },
    result: { type: 'null' }
  }
}

/** The answers of one of Mozart's routes: its envelope around `result`, or without one. */
export function answers (result?: object) {
  return {
    200: {
      type: 'object',
      description: 'Done.',
      required: ['success', 'message', ...result ? ['result'] : []],
      properties: {
        success: { type: 'boolean', const: true },
        message: { type: 'string' },
        ...result && { result }
      }
    },
    '4xx': failure,
    '5xx': failure
  }
}
