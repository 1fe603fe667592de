import { once } from 'node:events'
import { createServer, request, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'

/**
 * A proxy before an S3 server that refuses requests as a policy does, those that `denied` is true of, and lets the others
 * through. Resolves to its address.
 */
export async function startDenyingProxy (
  t: Test, target: string, denied: (request: IncomingMessage) => boolean
): Promise<string> {
  const proxy = createServer((incoming, outgoing) => {
    if (denied(incoming)) {
      incoming.resume().once('end', () => {
        outgoing.writeHead(403, { 'content-type': 'application/xml' })
        outgoing.end('<Error><Code>AccessDenied</Code><Message>denied by a policy</Message></Error>')
      })
      return
    }
    const { method, headers, url } = incoming
    const onward = request(new URL(url ?? '/', target), { method, headers }, answer => {
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers)
      answer.pipe(outgoing)
    })
    onward.once('error', () => incoming.socket.destroy())
    incoming.pipe(onward)
  }).listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  t.teardown(() => {
    proxy.close()
    proxy.closeAllConnections()
  })
  return `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`
}
