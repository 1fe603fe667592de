import { quoted } from '../../domain/quoted.js'
import { LeporelloError } from '../../errors.js'
import { JsonFields } from './json-fields.js'
import { within } from './within.js'

/** What a value must be for Go programs to read the document that it is in; null and absent are always right. */
export type Shape = (value: unknown, what: string) => void

/** RFC 3339, as Go reads it. */
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/

export const TEXT: Shape = (value, what) => { if (typeof value !== 'string') throw wrong(what, 'a string') }

export const FLAG: Shape = (value, what) => { if (typeof value !== 'boolean') throw wrong(what, 'true or false') }

export const WHOLE: Shape = (value, what) => { if (!Number.isSafeInteger(value)) throw wrong(what, 'a whole number') }

export const TIME_STAMP: Shape = (value, what) => {
  if (typeof value !== 'string' || !TIME.test(value) || !Number.isFinite(Date.parse(value))) {
    throw wrong(what, `a time${typeof value === 'string' ? ` but ${quoted(value)}` : ''}`)
  }
}

export function listOf (shape: Shape): Shape {
  return (value, what) => {
    if (!Array.isArray(value)) throw wrong(what, 'a list')
    for (const item of value) verifyShape(shape, item, `An item of ${within(what)}`)
  }
}

/** An object with keys of anybody's choice. */
export function mapOf (shape: Shape): Shape {
  return (value, what) => {
    if (typeof value !== 'object' || Array.isArray(value)) throw wrong(what, 'an object')
    const members: readonly (readonly [string, unknown])[] = Object.entries(value as object)
    for (const [key, item] of members) verifyShape(shape, item, `${quoted(key)} in ${within(what)}`)
  }
}

/** An object of which these members are read, in this spelling only; others are passed over. */
export function objectOf (members: Readonly<Record<string, Shape>>): Shape {
  return (value, what) => {
    const fields = new JsonFields(value, what)
    for (const [name, shape] of Object.entries(members)) {
      verifyShape(shape, fields.value(name), `${quoted(name)} in ${within(what)}`)
    }
  }
}

/** @throws LeporelloError `IMAGE_METADATA_INVALID`, and `IMAGE_AMBIGUOUS` for another spelling of a member. */
export function verifyShape (shape: Shape, value: unknown, what: string): void {
  if (value !== undefined && value !== null) shape(value, what)
}

function wrong (what: string, wanted: string): LeporelloError {
  return new LeporelloError('IMAGE_METADATA_INVALID', `${what} is not ${wanted}`)
}
