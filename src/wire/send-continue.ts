import type { IncomingMessage, ServerResponse } from 'node:http'

/** Tells the client to send its body, if it asked. */
export function sendContinue ({ headers }: IncomingMessage, response: ServerResponse): void {
  if (headers.expect?.toLowerCase() === '100-continue') response.writeContinue()
}
