import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { FastifyInstance } from 'fastify'
import type { Test } from 'tap'
import { testApp } from '../app.js'

export interface SeenRequest {
  /** `METHOD target body`. */
  readonly line: string
  readonly rawHeaders: readonly string[]
}

export interface AttackedSite {
  readonly app: FastifyInstance
  readonly url: string
  /** What has reached the Mozart behind so far, as its own parser understands it, whole. */
  readonly seen: SeenRequest[]
  /** Every byte that has reached it so far. */
  bytesSeen (): string
  /** Sends bytes as they are, each character one, and resolves to all that comes back until the connection ends. */
  exchange (bytes: string): Promise<string>
}

/** Leporello in front of a Mozart that keeps what it sees below /mozart; both on sockets, and gone with the test. */
export async function attackedSite (t: Test, env: Record<string, string> = {}): Promise<AttackedSite> {
  const seen: SeenRequest[] = []
  let bytes = ''
  const mozart = createServer((request, response) => {
    text(request).then(body => {
      seen.push({ line: `${request.method} ${request.url} ${body}`, rawHeaders: request.rawHeaders })
      response.end('mozart')
    }, () => { /* Broken off: no request. */ })
  })
  mozart.on('connection', socket => { socket.on('data', chunk => { bytes += chunk.toString('latin1') }) })
  mozart.listen(0, '127.0.0.1')
  await once(mozart, 'listening')
  t.teardown(() => { mozart.closeAllConnections(); mozart.close() })
  const behind = `http://127.0.0.1:${(mozart.address() as AddressInfo).port}/mozart`
  const app = await testApp(t, { env: { LEPORELLO_MOZART_URL: behind, ...env } })
  const url = await app.listen({ host: '127.0.0.1', port: 0 })

  async function exchange (request: string): Promise<string> {
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    t.teardown(() => socket.destroy())
    let answers = ''
    socket.on('data', chunk => { answers += chunk.toString('latin1') })
    // Who is refused while still sending may find the connection reset.
    socket.on('error', () => {})
    socket.write(Buffer.from(request, 'latin1'))
    await once(socket, 'close')
    return answers
  }
  return { app, url, seen, bytesSeen: () => bytes, exchange }
}

/** The statuses of all answers that came back. */
export function statusesOf (answers: string): number[] {
  return [...answers.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status))
}
