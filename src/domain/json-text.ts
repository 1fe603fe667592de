import { visit } from 'jsonc-parser'
import { compactJson } from './compact-json.js'
import { mistakeIn } from './json-mistake.js'

/** What a JSON value is, as it reads in a sentence. */
export type JsonKind = 'an object' | 'a list' | 'a string' | 'a number' | 'true or false' | 'null'

const KINDS: Readonly<Record<string, JsonKind>> = {
  '{': 'an object', '[': 'a list', '"': 'a string', t: 'true or false', f: 'true or false', n: 'null'
}

/** A JSON value as text, with what `JSON.parse` loses: the digits of numbers, the order of keys, repeated keys. */
export class JsonNode {
  /** The value as it stands in the source. */
  readonly text: string

  /** `text` is one valid JSON value without white space around it. */
  constructor (text: string) {
    this.text = text
  }

  get kind (): JsonKind {
    return KINDS[this.text.charAt(0)] ?? 'a number'
  }

  /** The string that it is, unescaped; undefined when it is no string. */
  get string (): string | undefined {
    return this.kind === 'a string' ? JSON.parse(this.text) as string : undefined
  }

  /**
   * The members of an object as they stand in the text, repeated keys included; none when it is no object.
   * @throws SyntaxError when it is nested too deeply.
   */
  get members (): readonly (readonly [key: string, value: JsonNode])[] {
    return this.kind === 'an object' ? withinStack(() => children(this.text)) : []
  }

  /**
   * The items of a list; none when it is no list.
   * @throws SyntaxError when it is nested too deeply.
   */
  get items (): readonly JsonNode[] {
    return this.kind === 'a list' ? withinStack(() => children(this.text)).map(([, item]) => item) : []
  }

  /**
   * The value on one line, see `compactJson`.
   * @throws SyntaxError when it is nested too deeply.
   */
  compact (): string {
    return withinStack(() => compactJson(this.text))
  }
}

/** @throws SyntaxError with the place and, where known, the likely mistake, to stand after "is not valid JSON: ". */
export function parseJson (text: string): JsonNode {
  return withinStack(() => {
    const mistake = mistakeIn(text)
    if (mistake !== undefined) throw new SyntaxError(mistake)
    return new JsonNode(text.trim())
  })
}

/** The values directly within an object or a list, each with its key; a list's have empty ones. */
function children (text: string): [key: string, value: JsonNode][] {
  const found: [string, JsonNode][] = []
  let [depth, key, start] = [0, '', 0]
  const open = (offset: number) => { if (depth++ === 1) start = offset }
  const close = (offset: number) => { if (--depth === 1) found.push([key, new JsonNode(text.slice(start, offset + 1))]) }
  visit(text, {
    onObjectBegin: open,
    onArrayBegin: open,
    onObjectEnd: close,
    onArrayEnd: close,
    onObjectProperty: property => { if (depth === 1) key = property },
    onLiteralValue: (_value, offset, length) => {
      if (depth === 1) found.push([key, new JsonNode(text.slice(offset, offset + length))])
    }
  }, { disallowComments: true })
  return found
}

function withinStack<T> (work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof RangeError) throw new SyntaxError('it is nested too deeply')
    throw error
  }
}
