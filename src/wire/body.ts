import { Readable } from 'node:stream'
import { Busboy } from '@fastify/busboy'
import { parseSentJson } from '../domain/sent-json.js'
import { LeporelloError } from '../errors.js'
import { nameRefusal } from './field-name.js'
import { parseFormBody } from './form-urlencoded.js'
import type { BodyParameters, ParameterValue } from './parameters.js'

/** What a form or JSON body, and any one field of it, may hold. More is refused, never cut. */
export const BODY_LIMIT_BYTES = 16 * 1024 * 1024

const PARTS_LIMIT = 1000

/** The parser of forms goes through all that it is given, also beyond its limits; so it is given no more than that at once. */
const CHUNK_BYTES = 64 * 1024

/**
 * Reads the parameters of a body of any type: forms as Mozart reads them, JSON objects as well. A body
 * that is not empty and is of another type or malformed is `unreadable`.
 */
export async function parseBody (body: Buffer, contentType: string | undefined): Promise<BodyParameters> {
  if (body.length === 0) return 'none'
  switch (mediaType(contentType)) {
    case 'application/x-www-form-urlencoded': return asText(parseFormBody(body))
    case 'multipart/form-data': return await parseMultipart(body, contentType as string)
    case 'application/json': return parseJsonBody(body)
    default: return 'unreadable'
  }
}

function mediaType (contentType: string | undefined): string | undefined {
  return contentType?.split(';', 1)[0]?.trim().toLowerCase()
}

function asText (fields: ReadonlyMap<string, string> | undefined): BodyParameters {
  if (fields === undefined) return 'unreadable'
  return new Map(Array.from(fields, ([name, text]) => [name, { text }]))
}

function parseJsonBody (body: Buffer): BodyParameters {
  try {
    const node = parseSentJson(new TextDecoder('utf-8', { fatal: true }).decode(body))
    if (node.kind !== 'an object') return 'unreadable'
    return new Map(node.members
      .filter(([, value]) => value.kind !== 'null')
      .map(([name, value]): [string, ParameterValue] =>
        [name, value.string === undefined ? { text: value.compact(), json: value.kind } : { text: value.string }]))
  } catch (error) {
    if (error instanceof LeporelloError) throw error
    return 'unreadable'
  }
}

/** Text parts only; a part with a file name is not a parameter. The first part of a name wins. */
function parseMultipart (body: Buffer, contentType: string): Promise<BodyParameters> {
  return new Promise((resolve, reject) => {
    const fields = new Map<string, ParameterValue>()
    let parser: InstanceType<typeof Busboy>
    try {
      parser = new Busboy({
        headers: { 'content-type': contentType },
        isPartAFile: (_field, _type, fileName) => fileName !== undefined,
        limits: { fieldSize: BODY_LIMIT_BYTES, parts: PARTS_LIMIT }
      })
    } catch {
      return resolve('unreadable')
    }
    const source = Readable.from(chunksOf(body))
    const refuse = (refusal: LeporelloError) => {
      source.unpipe(parser).destroy()
      reject(refusal)
    }
    parser.on('field', (name: string | undefined, text) => {
      const refusal = nameRefusal(name)
      if (refusal !== undefined) refuse(refusal)
      else if (name !== undefined && !fields.has(name)) fields.set(name, { text })
    })
    // A file that is cut off says so itself, and nobody else does.
    parser.on('file', (_name, file) => { file.on('error', () => resolve('unreadable')).resume() })
    parser.on('partsLimit', () => {
      refuse(new LeporelloError('TOO_LARGE', `the form has more than ${PARTS_LIMIT} parts`))
    })
    parser.on('error', () => resolve('unreadable'))
    parser.on('finish', () => resolve(fields))
    source.pipe(parser)
  })
}

function * chunksOf (body: Buffer): Generator<Buffer> {
  for (let at = 0; at < body.length; at += CHUNK_BYTES) yield body.subarray(at, at + CHUNK_BYTES)
}
