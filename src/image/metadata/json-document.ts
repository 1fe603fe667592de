import { isUtf8 } from 'node:buffer'
import { LeporelloError } from '../../errors.js'
import { endOfString } from '../../domain/json-string.js'
import { quoted } from '../../domain/quoted.js'
import { jsonValue } from '../../domain/json-value.js'

const DEEPEST = 64
// Far above any real document; each costs memory and time many times its length.
const MOST_VALUES = 50_000
const DIGITS = /^-?[0-9]+$/

/**
 * Parses a JSON document that must mean the same to every program: UTF-8 without a byte order mark, no key twice in
 * an object, neither nested deeper nor of more values than anything that describes images. A number that is not
 * written in digits alone is NaN: to Go it is no whole number, whatever its value.
 *
 * @throws LeporelloError `IMAGE_METADATA_INVALID`, `IMAGE_LIMIT_EXCEEDED`, and `IMAGE_AMBIGUOUS` for a repeated key;
 * sentences begin with `what`.
 */
export function parseDocument (bytes: Buffer, what: string): unknown {
  if (!isUtf8(bytes)) throw invalid(`${what} is not UTF-8`)
  const text = bytes.toString('utf8')
  verifyStructure(text, what)
  try {
    return jsonValue(text, asGoReads)
  } catch (error) {
    throw invalid(`${what} is not JSON: ${(error as Error).message.slice(0, 120)}`)
  }
}

// Runs before the text is known to be JSON: it must end soon on any text, and may find nothing in what is none.
function verifyStructure (text: string, what: string): void {
  const open: (Set<string> | undefined)[] = []
  let literal = ''
  let values = 0
  for (let index = 0; index < text.length; index++) {
    const character = text[index]!
    if (character === ',' && ++values > MOST_VALUES) {
      throw new LeporelloError('IMAGE_LIMIT_EXCEEDED', `${what} has more than ${MOST_VALUES} values`)
    }
    if (character === '"') {
      const end = endOfString(text, index)
      literal = text.slice(index, end)
      index = end - 1
    } else if (character === '{' || character === '[') {
      open.push(character === '{' ? new Set() : undefined)
      if (open.length > DEEPEST) throw invalid(`${what} is nested deeper than ${DEEPEST} levels`)
    } else if (character === '}' || character === ']') {
      open.pop()
    } else if (character === ':') {
      verifyNew(unescaped(literal), open.at(-1), what)
    }
  }
}

function verifyNew (key: string, keys: Set<string> | undefined, what: string): void {
  if (keys?.has(key) === true) {
    throw new LeporelloError('IMAGE_AMBIGUOUS', `${what} has the key ${quoted(key)} twice in one object`)
  }
  keys?.add(key)
}

function asGoReads (value: unknown, text: string): unknown {
  return typeof value === 'number' && !DIGITS.test(text) ? NaN : value
}

function unescaped (literal: string): string {
  try {
    return JSON.parse(literal) as string
  } catch {
    return literal
  }
}

function invalid (message: string): LeporelloError {
  return new LeporelloError('IMAGE_METADATA_INVALID', message)
}
