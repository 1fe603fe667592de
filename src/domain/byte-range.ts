import { LeporelloError } from '../errors.js'

/** The forms of one HTTP range: `first-last` (inclusive), `first-` and `-suffix`. */
export type ByteRange =
  | { readonly first: number, readonly last?: number }
  | { readonly suffix: number }

/** The bytes a range comes to in an object of known size, both ends included. */
export interface ByteSpan {
  readonly first: number
  readonly last: number
}

/**
 * A range that reaches past the end stops there; one that has no byte of the object rejects with
 * `RANGE_NOT_SATISFIABLE` and `size` in its details (RFC 9110, section 14.1.2).
 */
export function spanOf (range: ByteRange, size: number): ByteSpan {
  const first = 'suffix' in range ? Math.max(0, size - range.suffix) : range.first
  const last = 'suffix' in range ? size - 1 : Math.min(range.last ?? Infinity, size - 1)
  if (first > last) {
    throw new LeporelloError('RANGE_NOT_SATISFIABLE',
      `The range ${textOf(range)} has no byte of the object, which is ${size} bytes long.`, { details: { size } })
  }
  return { first, last }
}

function textOf (range: ByteRange): string {
  return 'suffix' in range ? `-${range.suffix}` : `${range.first}-${range.last ?? ''}`
}
