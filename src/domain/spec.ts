import { LeporelloError } from '../errors.js'
import { parseDocumentId } from './document-id.js'
import type { JsonNode } from './json-text.js'
import { parseSentJson } from './sent-json.js'

/** A job spec or a hysds-io as it is stored. */
export interface Spec {
  readonly id: string
  /** One line of JSON: what was sent with its digits and its order of keys; of a repeated key the last value. */
  readonly json: string
}

/**
 * Reads the `spec` parameter: the text of a JSON object whose `id` can be the id of a document.
 *
 * @throws LeporelloError `SPEC_INVALID` when it is no such object, `ID_INVALID` when the id cannot be an id, `TOO_LARGE`.
 */
export function parseSpec (text: string): Spec {
  try {
    const node = parseSentJson(text)
    if (node.kind !== 'an object') throw invalid(`spec must be a JSON object, not ${node.kind}`)
    return { id: idOf(node), json: node.compact() }
  } catch (error) {
    if (error instanceof SyntaxError) throw invalid(`spec is not valid JSON: ${error.message}`)
    throw error
  }
}

function idOf (spec: JsonNode): string {
  const id = spec.members.findLast(([key]) => key === 'id')?.[1]
  if (id === undefined) throw invalid('spec has no "id"')
  if (id.string === undefined) throw invalid(`the id of spec must be a string, not ${id.kind}`)
  return parseDocumentId('the id of spec', id.string)
}

function invalid (message: string): LeporelloError {
  return new LeporelloError('SPEC_INVALID', message)
}
