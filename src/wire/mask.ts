import { JsonText, printValue, type Envelope, type Printable } from './envelope.js'
import { MaskError, selectMembers, type Mask } from './mask-json.js'

export { MaskError, type Mask } from './mask-json.js'

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
  const chosen: Record<string, Printable> = {}
  for (const [name, value] of inOrder(mask, answer)) {
    const nested = mask.get(name) ?? true
    const whole = nested === true || value === null || (nested.size === 0 && typeof value === 'object')
    chosen[name] = whole ? value : new JsonText(selectMembers(nested, printValue(value)))
  }
  return chosen
}

/** The members that the mask names in its order, then those that `*` stands for. */
function inOrder (mask: Mask, answer: Envelope): Array<[name: string, value: Printable]> {
  const members = new Map<string, Printable>(Object.entries(answer))
  const named = [...mask.keys()].filter(name => name !== '*' && members.has(name))
  const rest = mask.has('*') ? [...members.keys()].filter(name => !named.includes(name)) : []
  return [...named, ...rest].map(name => [name, members.get(name)])
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
