import type { Socket } from 'node:net'

const ANSWERS: Record<string, readonly [status: string, message: string]> = {
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'The request line and headers are larger than 1 MiB.'],
  HPE_INVALID_URL: ['400 Bad Request', 'The request\'s URL holds characters that must be percent-encoded.'],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'The request did not arrive in time.']
}

/** Answers what is not HTTP, or no longer, in the form of Mozart's other errors, and closes the connection. */
export function answerClientError (error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
    socket.destroy()
    return
  }
  const [status, message] = ANSWERS[error.code ?? ''] ??
    ['400 Bad Request', 'The request is not HTTP that this server understands.']
  const body = `${JSON.stringify({ message })}\n`
  socket.end([
    `HTTP/1.1 ${status}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
    '',
    body
  ].join('\r\n'))
}
