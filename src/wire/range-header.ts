import type { ByteRange } from '../domain/byte-range.js'

/**
 * The range that a `Range` header asks for (RFC 9110, 14.2). Undefined where the whole is to be sent: without a header,
 * and where it is of another unit, malformed, or asks for several ranges.
 */
export function parseRange (header: string | undefined): ByteRange | undefined {
  const [, first = '', last = ''] = /^bytes=\s*(\d*)-(\d*)\s*$/.exec(header ?? '') ?? []
  if (first === '') return last === '' ? undefined : { suffix: Number(last) }
  if (last === '') return { first: Number(first) }
  return Number(last) < Number(first) ? undefined : { first: Number(first), last: Number(last) }
}

/** Whether one of the entity tags that a header lists is this one, or all are meant (RFC 9110, 13.1.2). */
export function listsEntityTag (header: string | undefined, tag: string): boolean {
  if (header === undefined) return false
  return header.split(',').map(each => each.trim().replace(/^W\//, '')).some(each => each === '*' || each === tag)
}
