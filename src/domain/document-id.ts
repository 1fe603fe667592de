import { LeporelloError } from '../errors.js'
import { quoted } from './quoted.js'
import { unprintable } from './unprintable.js'

/** Elasticsearch's limit. */
export const LONGEST_ID_BYTES = 512

/**
 * Returns `value` if it can be the id of a document on every index: 1 to 512 bytes of UTF-8 (Elasticsearch's limit),
 * no control characters, no lone surrogates, and neither `.` nor `..`, which clients remove from a path.
 *
 * @throws LeporelloError `ID_INVALID` that names the parameter and the rule.
 */
export function parseDocumentId (parameter: string, value: string): string {
  const reason = flawOf(value)
  if (reason === undefined) return value
  throw new LeporelloError('ID_INVALID', `${parameter} ${reason}; an id is 1 to ${LONGEST_ID_BYTES} bytes of UTF-8 ` +
    'without control characters, and neither "." nor ".."', { details: { parameter } })
}

function flawOf (id: string): string | undefined {
  if (id === '') return 'is empty'
  if (id === '.' || id === '..') return `is ${quoted(id)}`
  const bytes = Buffer.byteLength(id)
  if (bytes > LONGEST_ID_BYTES) return `is ${bytes} bytes long`
  const character = unprintable(id)
  return character === undefined ? undefined : `has ${character}: ${quoted(id)}`
}
