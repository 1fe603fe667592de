import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'

const CHUNK = 64 * 1024

/** Bytes that no other call has given. */
export function anyBytes (size: number): Buffer {
  return randomBytes(size)
}

/** A body of these bytes in chunks as a socket gives them; afterwards it does `then`. */
export function bodyOf (bytes: Buffer, then: () => void = () => {}): Readable {
  return Readable.from(chunksOf(bytes, then), { objectMode: false })
}

function * chunksOf (bytes: Buffer, then: () => void): Generator<Buffer> {
  for (let start = 0; start < bytes.length; start += CHUNK) yield bytes.subarray(start, start + CHUNK)
  then()
}

export async function bytesOf (body: Readable | undefined): Promise<Buffer | undefined> {
  return body && await buffer(body)
}

/** All items of all pages. */
export async function gathered<Item> (pages: AsyncIterable<readonly Item[]>): Promise<Item[]> {
  const items = []
  for await (const page of pages) items.push(...page)
  return items
}
