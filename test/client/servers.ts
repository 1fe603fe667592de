import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'

/** A server of the test's own on a free port of this machine; gives its address, and dies with the test. */
export async function startServer (t: Test, listener: RequestListener, host = '127.0.0.1'): Promise<string> {
  const server = createServer(listener).listen(0, host)
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://${host.includes(':') ? `[${host}]` : host}:${(server.address() as AddressInfo).port}`
}

/** Answers each request with the next of these, and the last one for ever; counts them. */
export function oneAfterAnother (...listeners: readonly RequestListener[]): RequestListener & { count: () => number } {
  let count = 0
  const listener: RequestListener = (request, response) => {
    request.resume()
    listeners[Math.min(count++, listeners.length - 1)]!(request, response)
  }
  return Object.assign(listener, { count: () => count })
}

/** Answers as the API does. */
export function answering (status: number, body: unknown, headers: Record<string, string> = {}): RequestListener {
  return (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
  }
}

/** A refusal of one of our own routes. */
export function refusing (status: number, code: string, headers: Record<string, string> = {}): RequestListener {
  return answering(status, { success: false, message: `refused: ${code}`, result: { code } }, { 'x-error-code': code, ...headers })
}
