import { once } from 'node:events'
import { createServer, request, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'

/**
 * A proxy before `target` that lets every request through, and cuts the connection instead of passing on the first
 * answer to a request that `lost` is true of. Resolves to its address.
 */
export async function startCuttingProxy (
  t: Test, target: string, lost: (request: IncomingMessage) => boolean
): Promise<string> {
  let cut = false
  const proxy = createServer((incoming, outgoing) => {
    const { method, headers, url } = incoming
    const onward = request(new URL(url ?? '/', target), { method, headers }, answer => {
      if (!cut && lost(incoming)) {
        cut = true
        answer.resume().once('end', () => incoming.socket.destroy())
      } else {
        outgoing.writeHead(answer.statusCode ?? 500, answer.headers)
        answer.pipe(outgoing)
      }
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
