/** Random valid JSON texts, the same for the same seed: odd white space, numbers, escapes, keys, repeated keys. */
export class RandomJson {
  #state: number

  constructor (seed: number) {
    this.#state = seed
  }

  text (depth = 4): string {
    return this.#space() + this.#value(depth) + this.#space()
  }

  #value (depth: number): string {
    const kind = this.#below(depth === 0 ? 4 : 7)
    if (kind < 2) return this.#string()
    if (kind === 2) return this.#pick(NUMBERS)
    if (kind === 3) return this.#pick(['true', 'false', 'null'])
    const items = Array.from({ length: this.#below(5) }, () => kind === 4
      ? this.text(depth - 1)
      : `${this.#space()}${this.#string()}${this.#space()}:${this.text(depth - 1)}`)
    const inside = items.length === 0 ? this.#space() : items.join(',')
    return kind === 4 ? `[${inside}]` : `{${inside}}`
  }

  #string (): string {
    return `"${Array.from({ length: this.#below(4) }, () => this.#pick(PIECES)).join('')}"`
  }

  #space (): string {
    return this.#below(3) === 0 ? this.#pick([' ', '\n', '\t', '\r\n', '  \n ']) : ''
  }

  #pick (from: readonly string[]): string {
    return from[this.#below(from.length)] ?? ''
  }

  /** Park and Miller's generator. */
  #below (limit: number): number {
    this.#state = this.#state * 48271 % 0x7fffffff
    return this.#state % limit
  }
}

const NUMBERS = ['0', '-0', '1.0', '-1.50', '1e5', '1E+05', '12345678901234567890123', '0.1e-7', '-0.0e-0', '1e999']

const PIECES = [
  'a', 'id', '1', '10', '__proto__', 'constructor', ' ', ', ', ': ', '{', '[', ',', ':', "'", '/',
  '\\"', '\\\\', '\\\\\\"', '\\/', '\\b', '\\f', '\\n', '\\r', '\\t',
  '\\u0041', '\\u0000', '\\u00e9', '\\ud83d\\ude00', '\\ud800', '\\uDC00',
  'é', 'ø', '😀', '\u007f', '\u0085', '\u2028', '\ufeff', '\uffff'
]
