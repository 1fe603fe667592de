import { once } from 'node:events'
import { createServer, request as httpRequest } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import type { Test } from 'tap'

export interface ProxyOptions {
  /** The port of this machine to which all tunnels lead, instead of where they should. */
  readonly target?: number
  /** What a request waits for before it goes on. */
  readonly hold?: (url: string) => Promise<unknown> | undefined
}

/** A proxy that notes what it lets through, for whom. */
export async function startProxy (t: Test, { target, hold }: ProxyOptions = {}): Promise<{ url: string, seen: string[] }> {
  const seen: string[] = []
  const note = (method = '', target = '', authorization = '') => {
    seen.push(`${method} ${target} ${atob(authorization.replace('Basic ', ''))}`)
  }
  const server = createServer((incoming, response) => {
    const { method = '', url = '', headers } = incoming
    note(method, url, headers['proxy-authorization'])
    Promise.resolve(hold?.(url)).then(() => {
      const onwards = httpRequest(url, { method, headers }, answer => {
        response.writeHead(answer.statusCode ?? 0, answer.headers)
        answer.on('error', () => response.destroy()).pipe(response)
      })
      incoming.pipe(onwards.on('error', () => response.destroy()))
    }, () => {})
  })
  server.on('connect', (request, socket) => {
    note('CONNECT', request.url, request.headers['proxy-authorization'])
    const [host = '', port] = (request.url ?? '').split(':')
    const onwards = connect(target ?? Number(port), target === undefined ? host : '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      onwards.pipe(socket).pipe(onwards)
    })
    for (const end of [socket, onwards]) {
      end.on('error', () => {
        socket.destroy()
        onwards.destroy()
      })
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen }
}
