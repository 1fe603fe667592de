import { createHash } from 'node:crypto'
import { parseJson, type JsonNode } from './json-text.js'

/** Names what a document says: 32 hexadecimal digits, without the quotes of an HTTP header. */
export type EntityTag = string & { readonly brand: 'EntityTag' }

/** A fleet that starts asks for the same few documents, and to hash one costs more than all else that is done for it. */
const REMEMBERED = 256
const LONGEST_REMEMBERED = 16_384

const remembered = new Map<string, EntityTag>()

/**
 * 128 bits of SHA-256 over the document (JSON text) in canonical form: one line, keys sorted, numbers with the digits
 * they have. The same on every backend, and unlike an engine's version it does not start over with a new index.
 */
export function entityTagOf (json: string): EntityTag {
  const known = remembered.get(json)
  if (known !== undefined) return known
  const tag = createHash('sha256').update(canonicalJson(json)).digest('hex').slice(0, 32) as EntityTag
  if (json.length <= LONGEST_REMEMBERED) remember(json, tag)
  return tag
}

function remember (json: string, tag: EntityTag): void {
  if (remembered.size === REMEMBERED) remembered.delete(remembered.keys().next().value!)
  remembered.set(json, tag)
}

function canonicalJson (json: string): string {
  const value = JSON.parse(json) as unknown
  // What JSON.parse keeps whole, as it does all that we write, needs no slower reading.
  return JSON.stringify(value) === json ? printSorted(value) : printNode(parseJson(json))
}

function printSorted (value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(printSorted).join()}]`
  const members = value as Record<string, unknown>
  return `{${Object.keys(members).sort().map(key => `${JSON.stringify(key)}:${printSorted(members[key])}`).join()}}`
}

function printNode (node: JsonNode): string {
  switch (node.kind) {
    case 'an object': {
      // Of a repeated key the last counts.
      const members = new Map(node.members)
      return `{${[...members.keys()].sort().map(key => `${JSON.stringify(key)}:${printNode(members.get(key)!)}`).join()}}`
    }
    case 'a list': return `[${node.items.map(printNode).join()}]`
    case 'a string': return JSON.stringify(node.string)
    default: return node.text
  }
}
