import { once } from 'node:events'
import type { Readable } from 'node:stream'

/** The first bytes of a stream, which are read again by whoever reads it next; fewer when it ends before. */
export async function peek (stream: Readable, bytes: number): Promise<Buffer> {
  let head = Buffer.alloc(0)
  while (head.length < bytes && !stream.readableEnded) {
    const chunk = stream.read() as Buffer | null
    if (chunk === null) await Promise.race([once(stream, 'readable'), once(stream, 'end')])
    else head = Buffer.concat([head, chunk])
  }
  if (head.length > 0) stream.unshift(head)
  return head
}
