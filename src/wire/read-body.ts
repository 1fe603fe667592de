import type { Readable } from 'node:stream'
import { LeporelloError } from '../errors.js'
import { BODY_LIMIT_BYTES } from './body.js'

/** So many pieces of a body are kept as they came: each takes a hundred bytes and more, be it of one byte. */
const MOST_PIECES = 256

type Done = (error: Error | null, body?: Buffer) => void

/**
 * Reads a body whole, in memory that does not grow with the number of pieces in which it comes. `done` hears of it once:
 * with `TOO_LARGE` as soon as it is longer than a body may be, or with what the stream failed with.
 */
export function readBody (payload: Readable, contentLength: number, done: Done): void {
  const joined: Buffer[] = []
  let pieces: Buffer[] = []
  let length = 0

  const end = (error: Error | null, body?: Buffer) => {
    payload.off('data', onData).off('end', onEnd).off('error', onError)
    done(error, body)
  }
  const onData = (piece: Buffer) => {
    length += piece.length
    if (length > BODY_LIMIT_BYTES) return end(tooLarge())
    if (pieces.push(piece) < MOST_PIECES) return
    joined.push(Buffer.concat(pieces))
    pieces = []
  }
  const onEnd = () => { end(null, Buffer.concat([...joined, ...pieces], length)) }
  // Whatever keeps a body from arriving is the client's.
  const onError = (error: Error) => { end(error instanceof LeporelloError ? error : Object.assign(error, { statusCode: 400 })) }

  if (contentLength > BODY_LIMIT_BYTES) return done(tooLarge())
  payload.on('data', onData).on('end', onEnd).on('error', onError).resume()
}

function tooLarge (): LeporelloError {
  return new LeporelloError('TOO_LARGE', 'the body is larger than 16 MiB')
}
