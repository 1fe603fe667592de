import { visit } from 'jsonc-parser'
import { quoted } from './quoted.js'

const HINTS: readonly (readonly [mistake: RegExp, hint: string])[] = [
  [/^-?(NaN|Infinity)/, 'JSON has no NaN and no Infinity'],
  [/^('|True|False|None)/, 'this looks like a printed Python dict; json.dumps prints JSON'],
  [/^\ufeff/, 'that is a byte order mark'],
  [/^\p{Cc}/u, 'control characters are escaped in strings, a line break as \\n']
]

/** What keeps a text from being JSON: the place and, where known, the likely mistake; undefined when it is JSON. */
export function mistakeIn (text: string): string | undefined {
  try {
    JSON.parse(text)
    return undefined
  } catch (error) {
    return describe(text, placeOf((error as SyntaxError).message, text))
  }
}

/** Where V8 stopped; of some mistakes it does not say, and in its message quotes the text, secrets included. */
function placeOf (complaint: string, text: string): number {
  if (complaint === 'Unexpected end of JSON input') return text.length
  const position = /in JSON at position (\d+)( \(line \d+ column \d+\))?$/.exec(complaint)?.[1]
  return position === undefined ? placeOfMistake(text) : Number(position)
}

function placeOfMistake (text: string): number {
  let place: number | undefined
  visit(text, { onError: (_error, offset) => { place ??= offset } }, { disallowComments: true })
  return place ?? 0
}

function describe (text: string, place: number): string {
  const rest = text.slice(place)
  if (rest.trim() === '') return text.trim() === '' ? 'it is empty' : 'it ends too early'
  const lines = text.slice(0, place).split('\n')
  const found = quoted(String.fromCodePoint(rest.codePointAt(0)!))
  const where = `unexpected ${found} at line ${lines.length}, column ${lines.at(-1)!.length + 1}`
  const hint = HINTS.find(([mistake]) => mistake.test(rest))?.[1]
  return hint === undefined ? where : `${where}; ${hint}`
}
