import type { IncomingHttpHeaders } from 'node:http'

/** Whether a request with these headers has a body. */
export function hasBody (headers: IncomingHttpHeaders): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length']) > 0
}
