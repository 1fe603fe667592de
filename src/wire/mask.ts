import { JsonNode } from '../domain/json-text.js'
import { JsonText, printValue, type Envelope, type Printable } from './envelope.js'

/** The members an `X-Fields` header asks for, in its order: each as a whole (`true`) or by a mask of its own. */
export type Mask = ReadonlyMap<string, true | Mask>

/** An `X-Fields` header that cannot be followed: a 400 whose body is `{"message": <this message>}`. */
export class MaskError extends Error {
  override readonly name = 'MaskError'
}

/** Every other character is ignored. Header values are Latin-1, so a word may hold more letters than ASCII's. */
const TOKENS = /[{},]|[\p{L}\p{N}_:*-]+/gu

/**
 * Parses the value of an `X-Fields` header, `success,result{id,url}` with or without braces around the whole, as
 * flask-restx 1.3 does. `*` stands for all other members; a blank value asks for everything.
 *
 * @throws {MaskError} in flask-restx's words, such as `Mask parse error: Missing closing bracket`
 */
export function parseMask (header: string): Mask {
  const value = header.trim()
  if (value === '') return new Map([['*', true]])

  const root = new Map<string, true | Mask>()
  const parents: Array<Map<string, true | Mask>> = []
  let fields = root
  let previous = ','
  for (const [token] of withoutBraces(value).matchAll(TOKENS)) {
    if (token === '{') {
      if (!fields.has(previous)) throw parseError('Unexpected opening bracket')
      const nested = new Map<string, true | Mask>()
      fields.set(previous, nested)
      parents.push(fields)
      fields = nested
    } else if (token === '}') {
      const parent = parents.pop()
      if (parent === undefined) throw parseError('Unexpected closing bracket')
      fields = parent
    } else if (token === ',') {
      if (previous === ',' || previous === '{') throw parseError('Unexpected comma')
    } else {
      fields.set(token, true)
    }
    previous = token
  }
  if (parents.length > 0) throw parseError('Missing closing bracket')
  return root
}

/**
 * The members of an answer a mask asks for, in the mask's order; members that are not there are left out. A nested
 * mask selects from `result`, and from every item where `result` is a list, without touching a digit of it.
 *
 * @throws {MaskError} when a nested mask meets something that has no members
 */
export function applyMask (mask: Mask, answer: Envelope): Record<string, Printable> {
  const members = new Map<string, Printable>(Object.entries(answer))
  return Object.fromEntries(pick(mask, members, (value, nested) => {
    if (nested === true || value === null || (nested.size === 0 && typeof value === 'object')) return value
    return new JsonText(select(nested, new JsonNode(printValue(value))))
  }))
}

function select (mask: Mask, node: JsonNode): string {
  if (node.kind === 'a list') return `[${node.items.map(item => select(mask, item)).join()}]`
  if (node.kind !== 'an object') throw new MaskError('Mask error: Mask is inconsistent with model')

  const picked = pick(mask, new Map(node.members), (value, nested) => {
    if (nested === true) return value.text
    return value.kind === 'null' ? undefined : select(nested, value)
  })
  return `{${Array.from(picked, ([name, value]) => `${JSON.stringify(name)}:${value}`).join()}}`
}

/** What `choose` makes of each member a mask names, in the mask's order; what it makes `undefined` is left out. */
function pick<Value, Chosen> (
  mask: Mask,
  members: ReadonlyMap<string, Value>,
  choose: (value: Value, nested: true | Mask) => Chosen | undefined
): Map<string, Chosen> {
  const picked = new Map<string, Chosen>()
  const add = (name: string, nested: true | Mask) => {
    const value = members.get(name)
    const chosen = value === undefined ? undefined : choose(value, nested)
    if (chosen !== undefined) picked.set(name, chosen)
  }
  for (const [name, nested] of mask) if (name !== '*') add(name, nested)
  if (mask.has('*')) for (const name of members.keys()) if (!picked.has(name)) add(name, true)
  return picked
}

/** Braces around the whole are optional, but not half of them. */
function withoutBraces (mask: string): string {
  if (!mask.startsWith('{')) return mask
  if (!mask.endsWith('}')) throw parseError('Missing closing bracket')
  return mask.slice(1, -1)
}

function parseError (what: string): MaskError {
  return new MaskError(`Mask parse error: ${what}`)
}
