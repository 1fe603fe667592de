import { parsePaxRecords } from './pax-records.js'
import type { TarHeader } from './tar-header.js'
import type { TarRules } from './tar-rules.js'

const SPARSE = 'GNU.sparse.'

/** What the extended headers before an entry say about it: PAX records, or GNU's long names. */
export class TarExtensions {
  readonly #rules: TarRules
  readonly #values = new Map<string, Buffer>()
  #pending = false

  constructor (rules: TarRules) {
    this.#rules = rules
  }

  /** Whether an entry must still follow. */
  get pending (): boolean {
    return this.#pending
  }

  get sparse (): boolean {
    return [...this.#values.keys()].some(key => key.startsWith(SPARSE))
  }

  /** @throws Error that says what is wrong with the extended header. */
  add (header: TarHeader, content: Buffer): void {
    if (header.type === 'pax-global') return this.#passGlobal(content)
    this.#pending = true
    if (header.type === 'gnu-name') return this.#set('path', untilNul(content))
    if (header.type === 'gnu-link') return this.#set('linkpath', untilNul(content))
    const { values, repeated } = parsePaxRecords(content)
    if (repeated !== undefined && this.#rules.strict) throw new Error(`its PAX header repeats ${repeated}`)
    for (const [key, value] of values) this.#set(key, value)
  }

  name (header: TarHeader): Buffer {
    return this.#values.get('path') ?? header.name
  }

  link (header: TarHeader): Buffer {
    return this.#values.get('linkpath') ?? header.link
  }

  /** @throws Error when the PAX size is not a number. */
  size (header: TarHeader): number {
    const text = this.#values.get('size')?.toString('latin1')
    if (text === undefined) return header.size
    if (!/^[0-9]{1,16}$/.test(text) || !Number.isSafeInteger(Number(text))) {
      throw new Error('its PAX size is not a number')
    }
    return Number(text)
  }

  clear (): void {
    this.#values.clear()
    this.#pending = false
  }

  // Go does not apply global headers to the entries, others do: a name must not depend on who reads.
  #passGlobal (content: Buffer): void {
    const { values } = parsePaxRecords(content)
    for (const key of ['path', 'linkpath', 'size']) {
      if (values.has(key) && this.#rules.strict) throw new Error(`a global PAX header sets ${key}`)
    }
  }

  #set (key: string, value: Buffer): void {
    if (this.#values.has(key) && this.#rules.strict) throw new Error(`two extended headers state its ${key}`)
    if (value.length === 0) {
      if (this.#rules.strict && (key === 'path' || key === 'linkpath' || key === 'size')) {
        throw new Error(`its extended header has an empty ${key}`)
      }
      this.#values.delete(key)
    } else {
      this.#values.set(key, value)
    }
  }
}

function untilNul (bytes: Buffer): Buffer {
  const end = bytes.indexOf(0)
  return end < 0 ? bytes : bytes.subarray(0, end)
}
