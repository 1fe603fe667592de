import { once } from 'node:events'
import { createServer, request as httpRequest } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import type { Test } from 'tap'

/** A proxy that notes what it lets through, for whom; tunnels lead to `target` where there is one. */
export async function startProxy (t: Test, target?: number): Promise<{ url: string, seen: string[] }> {
  const seen: string[] = []
  const note = (method = '', target = '', authorization = '') => {
    seen.push(`${method} ${target} ${atob(authorization.replace('Basic ', ''))}`)
  }
  const server = createServer((incoming, response) => {
    note(incoming.method, incoming.url, incoming.headers['proxy-authorization'])
    const onwards = httpRequest(incoming.url ?? '', { method: incoming.method ?? 'GET', headers: incoming.headers }, answer => {
      response.writeHead(answer.statusCode ?? 0, answer.headers)
      answer.pipe(response)
    })
    incoming.pipe(onwards)
  })
  server.on('connect', (request, socket) => {
    note('CONNECT', request.url, request.headers['proxy-authorization'])
    const [host = '', port] = (request.url ?? '').split(':')
    const onwards = connect(target ?? Number(port), target === undefined ? host : '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      onwards.pipe(socket).pipe(onwards)
    })
    for (const end of [socket, onwards]) end.on('error', () => { socket.destroy(); onwards.destroy() })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen }
}
