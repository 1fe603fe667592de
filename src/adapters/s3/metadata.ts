import { randomUUID } from 'node:crypto'
import type { ObjectMetadata } from '../../ports/image-store.js'

/** Tells one put of a key from another, where the answer to it was lost. */
const MARK = 'leporello-put'

/** What S3 can carry in a header: printable ASCII without spaces; the rest, and the percent sign, percent-encoded. */
const UNSAFE = /[^!-$&-~]+/g

export function encodeMetadata (metadata: ObjectMetadata = {}): Record<string, string> {
  const entries = Object.entries(metadata).map(([name, value]) => [name, value.replace(UNSAFE, encodeURIComponent)])
  return { ...Object.fromEntries(entries), [MARK]: randomUUID() }
}

export function decodeMetadata (metadata: Record<string, string> = {}): ObjectMetadata {
  const entries = Object.entries(metadata).filter(([name]) => name !== MARK)
  return Object.fromEntries(entries.map(([name, value]) => [name, decode(value)]))
}

/** Whether both come from the same `encodeMetadata`. */
export function sameMark (a: Record<string, string> = {}, b: Record<string, string> = {}): boolean {
  return a[MARK] !== undefined && a[MARK] === b[MARK]
}

/** An object that somebody else stored may carry any text. */
function decode (value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}
