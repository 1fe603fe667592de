import { pythonJson } from '../domain/python-json.js'

/** A value that is JSON already, such as a stored document: it is answered with every digit and key it has. */
export class JsonText {
  readonly text: string

  /** `text` is valid JSON: whoever stored it has seen to that. */
  constructor (text: string) {
    this.text = text
  }
}

/** What the body of an answer is made of. A member that is `undefined` is left out. */
export type Printable =
  | string | number | boolean | null | undefined | JsonText | readonly Printable[]
  | { readonly [key: string]: Printable }

/** The answer of nearly every route: `success`, `message` and, on routes that have one, `result`, in that order. */
export type Envelope = {
  readonly success: boolean
  readonly message: string
  readonly result?: Printable
  /** What was let pass. */
  readonly warnings?: Printable
}

/**
 * The body of Mozart's 404 for a path that is no route: the one answer with compact separators and sorted keys,
 * since Flask prints it and not flask-restx.
 */
export const NO_SUCH_ROUTE = '{"message":"404 Not Found: The requested URL was not found on the server. If you ' +
  'entered the URL manually please check your spelling and try again.","status_code":404}\n'

/** Prints the body of an answer as Python's `json.dumps` does, with the newline flask-restx adds. */
export function printEnvelope (answer: { readonly [key: string]: Printable }): string {
  return printValue(answer) + '\n'
}

/** Prints one value as Python's `json.dumps` does: `", "` and `": "` between things, ASCII only. */
export function printValue (value: Printable): string {
  if (typeof value === 'string') return printString(value)
  if (value instanceof JsonText) return pythonJson(value.text)
  if (typeof value !== 'object' || value === null) return JSON.stringify(value ?? null)
  if (isArray(value)) return `[${value.map(printValue).join(', ')}]`

  let members = ''
  for (const [key, member] of Object.entries(value)) {
    if (member === undefined) continue
    members += `${members === '' ? '' : ', '}${printString(key)}: ${printValue(member)}`
  }
  return `{${members}}`
}

/** Most texts need neither an escape nor the time to look for one. */
const PLAIN = /^[ !#-[\]-~]*$/

function printString (text: string): string {
  if (PLAIN.test(text)) return `"${text}"`
  return JSON.stringify(text).replace(/[\x7f-\uffff]/g, (unit) =>
    `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** Narrows readonly arrays, which `Array.isArray` does not. */
function isArray (value: object): value is readonly Printable[] {
  return Array.isArray(value)
}
