import { endOfString } from '../../domain/json-string.js'

/** Walks JSON text without parsing what it walks over. The text must be valid JSON, as engines' answers are. */

const QUOTE = 0x22

/** A value's place in a text. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** The members of the object that starts at `at`, in order. */
export function * members (json: string, at = 0): Generator<Span & { readonly key: string }> {
  let position = skipSpace(json, skipSpace(json, at) + 1)
  while (json[position] !== '}') {
    const keyEnd = endOfString(json, position)
    const key = JSON.parse(json.slice(position, keyEnd)) as string
    const start = skipSpace(json, skipSpace(json, keyEnd) + 1)
    const end = endOfValue(json, start)
    yield { key, start, end }
    position = skipSeparator(json, end)
  }
}

/** The elements of the array that starts at `at`, in order. */
export function * elements (json: string, at: number): Generator<Span> {
  let position = skipSpace(json, at + 1)
  while (json[position] !== ']') {
    const end = endOfValue(json, position)
    yield { start: position, end }
    position = skipSeparator(json, end)
  }
}

function skipSpace (json: string, at: number): number {
  while (json.charCodeAt(at) <= 0x20) at++
  return at
}

function skipSeparator (json: string, at: number): number {
  const position = skipSpace(json, at)
  return json[position] === ',' ? skipSpace(json, position + 1) : position
}

function endOfValue (json: string, at: number): number {
  switch (json[at]) {
    case '"': return endOfString(json, at)
    case '{': case '[': return endOfNested(json, at)
    default: {
      let end = at
      while (end < json.length && !',]}'.includes(json.charAt(end)) && json.charCodeAt(end) > 0x20) end++
      return end
    }
  }
}

function endOfNested (json: string, at: number): number {
  let depth = 0
  for (let position = at; position < json.length; position++) {
    switch (json.charCodeAt(position)) {
      case QUOTE: position = endOfString(json, position) - 1; break
      case 0x7b: case 0x5b: depth++; break
      case 0x7d: case 0x5d: if (--depth === 0) return position + 1
    }
  }
  throw new SyntaxError('the JSON text ends too early')
}
