import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'

/** What a client is told whose request could not be read. */
export interface ClientErrorAnswer {
  readonly status: number
  readonly message: string
}

/** How long the rest of what is not understood is read and thrown away. */
const LINGER_MS = 5000

const ANSWERS: Record<string, ClientErrorAnswer> = {
  HPE_HEADER_OVERFLOW: { status: 431, message: 'The request line and headers are larger than 1 MiB.' },
  HPE_INVALID_URL: { status: 400, message: 'The request\'s URL holds characters that must be percent-encoded.' },
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, message: 'The request did not arrive in time.' }
}

const NOT_HTTP: ClientErrorAnswer = { status: 400, message: 'The request is not HTTP that this server understands.' }

/**
 * Answers what is not HTTP, or no longer, in the form of Mozart's other errors, under that id, and closes the connection.
 * Undefined where nobody is left to answer.
 */
export function answerClientError (error: Error & { code?: string }, socket: Socket, requestId: string): ClientErrorAnswer | undefined {
  // Of what still comes: a socket that is closed with unread bytes is reset, and its client would not see the answer.
  if (socket.writableEnded && error.code !== 'ECONNRESET') return undefined
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
    socket.destroy()
    return undefined
  }
  const lingering = setTimeout(() => socket.destroy(), LINGER_MS).unref()
  socket.once('close', () => clearTimeout(lingering))
  const answer = ANSWERS[error.code ?? ''] ?? NOT_HTTP
  const body = `${JSON.stringify({ message: answer.message })}\n`
  socket.end([
    `HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status]}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Request-Id: ${requestId}`,
    'Connection: close',
    '',
    body
  ].join('\r\n'))
  return answer
}
