import { createHash } from 'node:crypto'
import { sortedJson } from './compact-json.js'
import { remembered } from './remembered.js'

/** Names what a document says: 32 hexadecimal digits, without the quotes of an HTTP header. */
export type EntityTag = string & { readonly brand: 'EntityTag' }

/**
 * 128 bits of SHA-256 over the document (JSON text) in canonical form: one line, keys sorted, numbers with the digits
 * they have. The same on every backend, and unlike an engine's version it does not start over with a new index.
 */
export const entityTagOf: (json: string) => EntityTag = remembered(json =>
  createHash('sha256').update(canonicalJson(json)).digest('hex').slice(0, 32) as EntityTag)

function canonicalJson (json: string): string {
  const value = JSON.parse(json) as unknown
  // What JSON.parse keeps whole, as it does all that we write, needs no slower reading.
  return JSON.stringify(value) === json ? printSorted(value) : sortedJson(json)
}

function printSorted (value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(printSorted).join()}]`
  const members = value as Record<string, unknown>
  return `{${Object.keys(members).sort().map(key => `${JSON.stringify(key)}:${printSorted(members[key])}`).join()}}`
}
