import { parse } from '@humanwhocodes/momoa'
import type { ObjectNode, ValueNode } from '@humanwhocodes/momoa'
import { quoted } from './quoted.js'

/** What a JSON value is, as it reads in a sentence. */
export type JsonKind = 'an object' | 'a list' | 'a string' | 'a number' | 'true or false' | 'null'

const KINDS: Readonly<Record<ValueNode['type'], JsonKind>> = {
  Object: 'an object',
  Array: 'a list',
  String: 'a string',
  Number: 'a number',
  Boolean: 'true or false',
  Null: 'null',
  NaN: 'a number',
  Infinity: 'a number'
}

const HINTS: readonly (readonly [mistake: RegExp, hint: string])[] = [
  [/^-?(NaN|Infinity)/, 'JSON has no NaN and no Infinity'],
  [/^('|True|False|None)/, 'this looks like a printed Python dict; json.dumps prints JSON'],
  [/^\ufeff/, 'that is a byte order mark'],
  [/^\p{Cc}/u, 'control characters are escaped in strings, a line break as \\n']
]

/** A value in a JSON text, with what `JSON.parse` loses: the digits of numbers, the order of keys, repeated keys. */
export class JsonNode {
  readonly #node: ValueNode
  readonly #source: string

  constructor (node: ValueNode, source: string) {
    this.#node = node
    this.#source = source
  }

  get kind (): JsonKind {
    return KINDS[this.#node.type]
  }

  /** The string that it is, unescaped; undefined when it is no string. */
  get string (): string | undefined {
    return this.#node.type === 'String' ? stringOf(this.#node, this.#source) : undefined
  }

  /** The members of an object as they stand in the text, repeated keys included; none when it is no object. */
  get members (): readonly (readonly [key: string, value: JsonNode])[] {
    if (this.#node.type !== 'Object') return []
    return membersOf(this.#node, this.#source).map(([key, value]) => [key, new JsonNode(value, this.#source)])
  }

  /**
   * The value on one line without white space. Numbers keep their digits and keys their order; of a repeated key the
   * last value stands where the first stood, as in Python; strings are escaped as `JSON.stringify` does.
   *
   * @throws SyntaxError when it is nested too deeply.
   */
  compact (): string {
    return withinStack(() => compact(this.#node, this.#source))
  }
}

/** @throws SyntaxError with the place and, where known, the likely mistake, to stand after "is not valid JSON: ". */
export function parseJson (text: string): JsonNode {
  return withinStack(() => {
    // First, since the tree's parser lets control characters in strings pass.
    const complaint = complaintAbout(text)
    if (complaint !== undefined) throw new SyntaxError(describe(text, placeOf(complaint, text)))
    return new JsonNode(parse(text, { mode: 'json' }).body, text)
  })
}

/** `JsonNode.compact` of a whole text. */
export function compactJson (text: string): string {
  return parseJson(text).compact()
}

function complaintAbout (text: string): string | undefined {
  try {
    JSON.parse(text)
    return undefined
  } catch (error) {
    return (error as SyntaxError).message
  }
}

/** Where V8 stopped; of some mistakes it does not say, and in its message quotes the text, secrets included. */
function placeOf (complaint: string, text: string): number {
  if (complaint === 'Unexpected end of JSON input') return text.length
  const position = /in JSON at position (\d+)( \(line \d+ column \d+\))?$/.exec(complaint)?.[1]
  return position === undefined ? placeOfTree(text) : Number(position)
}

function placeOfTree (text: string): number {
  try {
    parse(text, { mode: 'json' })
    return 0
  } catch (error) {
    if (error instanceof RangeError) throw error
    return (error as { offset?: number }).offset ?? 0
  }
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

function withinStack<T> (work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof RangeError) throw new SyntaxError('it is nested too deeply')
    throw error
  }
}

function compact (node: ValueNode, source: string): string {
  switch (node.type) {
    case 'Object': {
      const members = new Map(membersOf(node, source))
      return `{${[...members].map(([key, value]) => `${JSON.stringify(key)}:${compact(value, source)}`).join(',')}}`
    }
    case 'Array': return `[${node.elements.map(element => compact(element.value, source)).join(',')}]`
    case 'String': return JSON.stringify(stringOf(node, source))
    default: return textOf(node, source)
  }
}

function membersOf (node: ObjectNode, source: string): [key: string, value: ValueNode][] {
  return node.members.map(({ name, value }) => [stringOf(name, source), value])
}

function stringOf (node: Pick<ValueNode, 'loc'>, source: string): string {
  return JSON.parse(textOf(node, source)) as string
}

function textOf ({ loc }: Pick<ValueNode, 'loc'>, source: string): string {
  return source.slice(loc.start.offset, loc.end.offset)
}
