import { LeporelloError } from '../errors.js'
import { parseJson, type JsonNode } from './json-text.js'

/** A thousand times what any specification has. Each value costs time, and megabytes hold millions. */
export const MOST_VALUES = 100_000

/** Escapes and white space cost more than other characters, and everything is printed with escapes of its own. */
export const MOST_CHARACTERS = 4 * 2 ** 20

const [QUOTE, BACKSLASH, COMMA, LIST, OBJECT] = ['"', '\\', ',', '[', '{'].map(character => character.charCodeAt(0))

/**
 * Reads JSON that somebody has sent, see `parseJson`.
 * @throws LeporelloError `TOO_LARGE` when it is longer, or has more values, than anybody needs.
 */
export function parseSentJson (text: string): JsonNode {
  if (text.length > MOST_CHARACTERS) throw new LeporelloError('TOO_LARGE', `the JSON is longer than ${MOST_CHARACTERS} characters`)
  if (hasTooManyValues(text)) throw new LeporelloError('TOO_LARGE', `the JSON has more than ${MOST_VALUES} values`)
  return parseJson(text)
}

/** Each value but the first of all comes after a comma or a bracket that opens. */
function hasTooManyValues (text: string): boolean {
  if (text.length <= MOST_VALUES) return false
  let found = 1
  for (let at = 0; at < text.length && found <= MOST_VALUES; at++) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) at = endOfString(text, at)
    else if (code === COMMA || code === LIST || code === OBJECT) found++
  }
  return found > MOST_VALUES
}

function endOfString (text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === BACKSLASH) at++
    else if (code === QUOTE) return at
  }
  return text.length
}
