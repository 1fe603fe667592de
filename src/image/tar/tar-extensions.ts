import { quoted } from '../../domain/quoted.js'
import { parsePaxRecords } from './pax-records.js'
import type { TarHeader } from './tar-header.js'
import type { TarRules } from './tar-rules.js'

const SPARSE = 'GNU.sparse.'
const TEXTS = ['path', 'linkpath', 'uname', 'gname']
const NUL = 0
const WHOLE = /^[+-]?[0-9]{1,18}$/
const TIME = /^[+-]?[0-9]{1,18}(\.[0-9]*)?$/
/** What a value must look like for Go to read the header at all. */
const NUMBERS: ReadonlyMap<string, RegExp> = new Map(
  [['uid', WHOLE], ['gid', WHOLE], ['atime', TIME], ['ctime', TIME], ['mtime', TIME]])

/**
 * What the extended headers before an entry say about it: PAX records, or GNU's long names. As Go has it, a PAX header
 * replaces the one before it, a global one makes forget all, and GNU's names win.
 */
export class TarExtensions {
  readonly #rules: TarRules
  #records: ReadonlyMap<string, Buffer> | undefined
  #gnuName: Buffer | undefined
  #gnuLink: Buffer | undefined

  constructor (rules: TarRules) {
    this.#rules = rules
  }

  /** Whether an entry must still follow. */
  get pending (): boolean {
    return this.#records !== undefined || this.#gnuName !== undefined || this.#gnuLink !== undefined
  }

  get sparse (): boolean {
    return [...this.#records?.keys() ?? []].some(key => key.startsWith(SPARSE))
  }

  /** @throws Error that says what is wrong with the extended header. */
  add (header: TarHeader, content: Buffer): void {
    if (header.type === 'pax-global') {
      this.#refuse('it is a global PAX header, which some programs apply to all entries and some to none')
      parsePaxRecords(content)
      this.clear()
    } else if (header.type === 'gnu-name') {
      this.#addName('path', this.#gnuName !== undefined)
      this.#gnuName = this.#nameIn('path', content)
    } else if (header.type === 'gnu-link') {
      this.#addName('linkpath', this.#gnuLink !== undefined)
      this.#gnuLink = this.#nameIn('linkpath', content)
    } else {
      this.#records = this.#recordsIn(content)
    }
  }

  name (header: TarHeader): Buffer {
    return nonEmpty(this.#gnuName) ?? nonEmpty(this.#records?.get('path')) ?? header.name
  }

  link (header: TarHeader): Buffer {
    return nonEmpty(this.#gnuLink) ?? nonEmpty(this.#records?.get('linkpath')) ?? header.link
  }

  /** @throws Error when the PAX size is not a number. */
  size (header: TarHeader): number {
    const text = nonEmpty(this.#records?.get('size'))?.toString('latin1')
    if (text === undefined) return header.size
    if (!/^[0-9]{1,16}$/.test(text) || !Number.isSafeInteger(Number(text))) {
      throw new Error('its PAX size is not a number')
    }
    return Number(text)
  }

  clear (): void {
    this.#records = this.#gnuName = this.#gnuLink = undefined
  }

  #recordsIn (content: Buffer): ReadonlyMap<string, Buffer> {
    // Only the last would count, and the memory for all of them would have no limit.
    if (this.#records !== undefined) this.#refuse('two PAX headers stand before it')
    const { values, repeated } = parsePaxRecords(content)
    if (repeated !== undefined) this.#refuse(`its PAX header repeats ${quoted(repeated)}`)
    for (const [key, value] of values) this.#verifyRecord(key, value)
    return values
  }

  #verifyRecord (key: string, value: Buffer): void {
    if (key === 'path') this.#addName(key, this.#gnuName !== undefined)
    if (key === 'linkpath') this.#addName(key, this.#gnuLink !== undefined)
    if (value.length === 0 && (key === 'path' || key === 'linkpath' || key === 'size')) {
      this.#refuse(`its extended header has an empty ${key}`)
    }
    // Go reads no header that has these, be it of an archive or of a layer.
    if (key.includes('\0') || (TEXTS.includes(key) && value.includes(NUL))) {
      throw new Error(`its PAX header has a NUL in ${quoted(key)}`)
    }
    if (value.length > 0 && NUMBERS.get(key)?.test(value.toString('latin1')) === false) {
      throw new Error(`its PAX ${key} is not a number`)
    }
  }

  #addName (key: 'path' | 'linkpath', repeated: boolean): void {
    if (repeated || this.#records?.has(key) === true) this.#refuse(`two extended headers state its ${key}`)
  }

  #nameIn (key: string, content: Buffer): Buffer {
    const end = content.indexOf(0)
    const name = end < 0 ? content : content.subarray(0, end)
    if (name.length === 0) this.#refuse(`its extended header has an empty ${key}`)
    return name
  }

  #refuse (flaw: string): void {
    if (this.#rules.strict) throw new Error(flaw)
  }
}

function nonEmpty (bytes: Buffer | undefined): Buffer | undefined {
  return bytes === undefined || bytes.length === 0 ? undefined : bytes
}
