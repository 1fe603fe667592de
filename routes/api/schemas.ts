/** JSON Schemas that several routes describe themselves with; they document and do not validate. */

export const documentId = {
  type: 'string',
  description: 'The document\'s id: 1 to 512 bytes of UTF-8 without control characters.',
  examples: ['container-hello:1.0']
}

export const idQuery = { type: 'object', required: ['id'], properties: { id: documentId } }

/** Bodies are read in all three forms by every route; parameters may also stand in the query. */
export const FORMS = ['application/x-www-form-urlencoded', 'multipart/form-data', 'application/json']

const etags = 'ETags in double quotes, separated by commas, or *.'

export const ifMatch = {
  type: 'object',
  properties: {
    'If-Match': { type: 'string', description: `Refused with 412 unless the document is one of these. ${etags}` }
  }
}

export const preconditions = {
  type: 'object',
  properties: {
    ...ifMatch.properties,
    'If-None-Match': { type: 'string', description: `Refused with 412 if the document is one of these; * only creates. ${etags}` }
  }
}

export const architecture = {
  type: 'string',
  description: 'In any usual spelling: x86_64, amd64, arm64, aarch64, linux/arm64/v8, armv7l, ...',
  examples: ['aarch64']
}

export const build = {
  type: 'string',
  description: 'What CI calls the build that made the images: 1 to 256 bytes of UTF-8. Images of two builds never stand side by side.',
  examples: ['jenkins-42']
}

export const expect = {
  type: 'string',
  description: 'The architectures of the whole, separated by commas or as a JSON list: nothing is shown before all of them are there.',
  examples: ['x86_64,arm64']
}

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
    build: { type: 'string', description: 'The build that the images are of, where they were registered with one.' },
    set: { type: 'string', description: 'The id of the place that the build, or the set, has among all of this name.' },
    updated_at: { type: 'string', format: 'date-time' },
    updated_by: { type: 'string' }
  }
}

export const pendingSet = {
  type: 'object',
  description: 'Images that are shown when the rest of their set is there.',
  properties: {
    id: documentId,
    build: { type: ['string', 'null'] },
    version: { type: 'string' },
    state: { type: 'string', enum: ['waiting', 'complete'], description: 'complete: it is about to be shown.' },
    expect: { type: 'array', items: { type: 'string' } },
    missing: { type: 'array', items: { type: 'string' }, description: 'What it waits for.' },
    images: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          architecture: { type: 'string' },
          url: { type: 'string' },
          by: { type: 'string', description: 'Who sent it.' },
          at: { type: 'string', format: 'date-time' }
        }
      }
    },
    since: { type: 'string', format: 'date-time', description: 'When the last image joined.' }
  }
}

/** Of a change that is kept, and shown when the rest has come. */
export const waitingAnswer = {
  type: 'object',
  description: 'Kept, and shown when the rest of the set is there.',
  required: ['success', 'message', 'result'],
  properties: {
    success: { type: 'boolean', const: true },
    message: { type: 'string' },
    result: pendingSet,
    warnings: {
      type: 'array',
      items: { type: 'object', properties: { code: { type: 'string' }, message: { type: 'string' } } }
    }
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

const ownFailure = {
  ...failure,
  properties: {
    ...failure.properties,
    result: {
      type: 'object',
      additionalProperties: true,
      required: ['code'],
      properties: { code: { type: 'string', description: 'As in X-Error-Code. What a program needs is beside it.' } }
    }
  }
}

/** The answers of one of our own routes: Mozart's envelope, with code and details in refusals. */
export function ownAnswers (result: object) {
  return { 200: answers(result)[200], '4xx': ownFailure, '5xx': ownFailure }
}

/** The same, of a route that changes a container: with warnings where there are any. */
export function changeAnswers () {
  const { 200: done, ...refused } = ownAnswers(containerDocument)
  const warning = { type: 'object', properties: { code: { type: 'string' }, message: { type: 'string' } } }
  return {
    200: {
      ...done,
      headers: { ETag: { type: 'string', description: 'Of the document as this change left it.' } },
      properties: { ...done.properties, warnings: { type: 'array', items: warning } }
    },
    ...refused
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
