import { once } from 'node:events'
import { createServer, request, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'

interface StandIn {
  readonly status: number
  readonly type: string
  readonly body: string
}

/** What an S3 server says to what a policy denies. */
export const DENIED: StandIn = {
  status: 403, type: 'application/xml', body: '<Error><Code>AccessDenied</Code><Message>denied by a policy</Message></Error>'
}

/** What something that is no S3 server says to everything. */
export const WELCOME: StandIn = { status: 200, type: 'text/html', body: '<html><body>Welcome</body></html>' }

/**
 * A proxy before an S3 server that answers the requests itself for which `answerTo` has an answer, and lets the others
 * through. Resolves to its address.
 */
export async function startAnsweringProxy (
  t: Test, target: string, answerTo: (request: IncomingMessage) => StandIn | undefined
): Promise<string> {
  const proxy = createServer((incoming, outgoing) => {
    const own = answerTo(incoming)
    if (own !== undefined) {
      incoming.resume().once('end', () => {
        outgoing.writeHead(own.status, { 'content-type': own.type })
        outgoing.end(own.body)
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
