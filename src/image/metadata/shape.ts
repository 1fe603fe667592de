import { quoted } from '../../domain/quoted.js'
import { LeporelloError } from '../../errors.js'
import { folded, otherSpelling } from './json-fields.js'
import { within } from './within.js'

/** What a value must be for Go programs to read the document that it is in; null and absent are always right. */
export type Shape = (value: unknown) => Flaw | undefined

interface Flaw {
  /** Where in the value, inside out: `"created" in an item of "history" in `. */
  readonly at: string
  readonly wanted?: string
  /** A key, and the member that some programs take it for. */
  readonly spelling?: readonly [key: string, name: string]
}

/** RFC 3339, as Go reads it: a day ends before 24:00. */
const TIME = /^\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/

export const TEXT = scalar('a string', value => typeof value === 'string')

export const FLAG = scalar('true or false', value => typeof value === 'boolean')

export const WHOLE = scalar('a whole number', value => Number.isSafeInteger(value))

export const BASE64 = scalar('base64', value => (
  typeof value === 'string' && Buffer.from(value, 'base64').toString('base64') === value))

export const TIME_STAMP = scalar('a time', value => (
  typeof value === 'string' && TIME.test(value) && Number.isFinite(Date.parse(value)) && isDay(value.slice(0, 10))))

export function listOf (shape: Shape): Shape {
  return value => {
    if (!Array.isArray(value)) return { at: '', wanted: 'a list' }
    for (const item of value) {
      const flaw = flawOf(shape, item)
      if (flaw !== undefined) return { ...flaw, at: `${flaw.at}an item of ` }
    }
    return undefined
  }
}

/** An object with keys of anybody's choice. */
export function mapOf (shape: Shape): Shape {
  return members(() => shape)
}

/** An object of which these members are read, in this spelling only; others are passed over. */
export function objectOf (shapes: Readonly<Record<string, Shape>>): Shape {
  const known = new Map(Object.entries(shapes).map(([name, shape]) => [folded(name), { name, shape }]))
  return members(key => {
    const member = known.get(folded(key))
    if (member === undefined) return undefined
    return member.name === key ? member.shape : () => ({ at: '', spelling: [key, member.name] })
  })
}

/** @throws LeporelloError `IMAGE_METADATA_INVALID`, and `IMAGE_AMBIGUOUS` for another spelling of a member. */
export function verifyShape (shape: Shape, value: unknown, what: string): void {
  const flaw = flawOf(shape, value)
  if (flaw === undefined) return
  const { at, wanted, spelling } = flaw
  if (spelling !== undefined) throw otherSpelling(what, ...spelling)
  const subject = at === '' ? what : at.charAt(0).toUpperCase() + at.slice(1) + within(what)
  throw new LeporelloError('IMAGE_METADATA_INVALID', `${subject} is not ${wanted}`)
}

function members (shapeOf: (key: string) => Shape | undefined): Shape {
  return value => {
    if (typeof value !== 'object' || Array.isArray(value)) return { at: '', wanted: 'an object' }
    for (const [key, item] of Object.entries(value as Record<string, unknown>)) {
      const shape = shapeOf(key)
      const flaw = shape && flawOf(shape, item)
      if (flaw !== undefined) return { ...flaw, at: `${flaw.at}${quoted(key)} in ` }
    }
    return undefined
  }
}

// Date takes the 30th of February for the 2nd of March.
function isDay (date: string): boolean {
  return new Date(`${date}T00:00:00Z`).toISOString().startsWith(date)
}

function scalar (wanted: string, holds: (value: unknown) => boolean): Shape {
  return value => holds(value) ? undefined : { at: '', wanted }
}

function flawOf (shape: Shape, value: unknown): Flaw | undefined {
  return value === undefined || value === null ? undefined : shape(value)
}
