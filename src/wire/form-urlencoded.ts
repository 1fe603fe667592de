import { isUtf8 } from 'node:buffer'
import { LeporelloError } from '../errors.js'
import { percentDecode } from './percent-encoding.js'

/** No route takes a hundredth of that, and every pair costs time: the rest is not read. */
export const MOST_PAIRS = 1000

/**
 * Reads `application/x-www-form-urlencoded` text, a query string or a form body, as Werkzeug 2.3 does.
 *
 * The first occurrence of a key wins and keys are case-sensitive. `+` is a space, only `&` separates, a key without
 * `=` has the value `''`. Percent-encoded bytes that are not UTF-8 remain percent text (in upper case); a percent sign
 * without two hexadecimal digits remains as it is. Takes time linear in the text, whatever is in it; never throws.
 */
export function parseUrlEncoded (text: string): Map<string, string> {
  const values = new Map<string, string>()
  for (let start = 0, pairs = 0; start < text.length && pairs < MOST_PAIRS;) {
    const ampersand = text.indexOf('&', start)
    const end = ampersand < 0 ? text.length : ampersand
    if (end > start) {
      addPair(values, text.slice(start, end))
      pairs++
    }
    start = end + 1
  }
  return values
}

/**
 * Reads a form body; one that is not UTF-8 is `undefined`, which callers treat as if there were no body.
 * @throws LeporelloError `TOO_LARGE` when it has more pairs than anybody needs.
 */
export function parseFormBody (body: Buffer): Map<string, string> | undefined {
  if (!isUtf8(body)) return undefined
  if (hasTooManyPairs(body)) {
    throw new LeporelloError('TOO_LARGE', `the form has more than ${MOST_PAIRS} fields`)
  }
  return parseUrlEncoded(body.toString('utf8'))
}

/** Whether there are more than `MOST_PAIRS`, some of them perhaps empty. */
export function hasTooManyPairs (text: Buffer | string): boolean {
  let found = 1
  for (let at = text.indexOf('&'); at >= 0 && found <= MOST_PAIRS; at = text.indexOf('&', at + 1)) found++
  return found > MOST_PAIRS
}

function addPair (values: Map<string, string>, pair: string) {
  const equals = pair.indexOf('=')
  const key = unquote(equals < 0 ? pair : pair.slice(0, equals))
  if (!values.has(key)) values.set(key, equals < 0 ? '' : unquote(pair.slice(equals + 1)))
}

function unquote (text: string): string {
  const spaced = text.includes('+') ? text.split('+').join(' ') : text
  if (!spaced.includes('%')) return spaced
  try {
    return decodeURIComponent(spaced)
  } catch {
    return percentDecode(spaced)
  }
}
