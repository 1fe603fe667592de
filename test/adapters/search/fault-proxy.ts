import { EventEmitter, once } from 'node:events'
import { createServer as createHttp, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createHttps, type ServerOptions } from 'node:https'
import { buffer } from 'node:stream/consumers'
import type { Test } from 'tap'
import { freePort } from '../../engines/engine.js'

/** An answer in the engine's stead. */
export interface Canned {
  readonly status: number
  readonly body: object | string
}

/**
 * What befalls one request. `reset before`: the engine never sees it. `reset after`: the engine has answered, and the
 * answer is lost. `silent`: it vanishes, the connection stays. `hold` and `hold answer`: it, or the engine's answer,
 * waits until `release`. `half`: the engine's answer breaks off in its middle; `headers`: after its head, and then
 * nothing comes.
 */
export type Fault =
  'pass' | 'reset before' | 'reset after' | 'silent' | 'hold' | 'hold answer' | 'half' | 'headers' | Canned

/** The way to the engine, where everything that goes wrong on the way can be made to go wrong. */
export class FaultProxy {
  readonly port: number
  readonly requests: Array<{ readonly method: string, readonly path: string, readonly body: string }> = []
  /** Decides what befalls a request. */
  fault: (request: IncomingMessage) => Fault = () => 'pass'
  readonly #target: string
  readonly #tls: ServerOptions | undefined
  #server: Server | undefined
  readonly #holds = new EventEmitter()
  #held: Array<() => void> = []

  constructor (port: number, target: string, tls: ServerOptions | undefined) {
    this.port = port
    this.#target = target
    this.#tls = tls
  }

  get url (): string {
    return `${this.#tls ? 'https' : 'http'}://127.0.0.1:${this.port}`
  }

  async listen (): Promise<void> {
    const handler = (request: IncomingMessage, response: ServerResponse) => {
      this.#handle(request, response).catch(() => response.destroy())
    }
    this.#server = this.#tls ? createHttps(this.#tls, handler) : createHttp(handler)
    this.#server.listen(this.port, '127.0.0.1')
    await once(this.#server, 'listening')
  }

  /** From now on connections are refused. */
  async refuse (): Promise<void> {
    const server = this.#server
    this.#server = undefined
    if (!server) return
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  }

  /** Resolves when so many are held. */
  async untilHeld (count: number): Promise<void> {
    while (this.#held.length < count) await once(this.#holds, 'hold')
  }

  release (): void {
    for (const pass of this.#held.splice(0)) pass()
  }

  async #hold (): Promise<void> {
    await new Promise<void>(resolve => {
      this.#held.push(resolve)
      this.#holds.emit('hold')
    })
  }

  async #handle (incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(incoming)
    this.requests.push({ method: incoming.method ?? '', path: incoming.url ?? '', body: body.toString() })
    const fault = this.fault(incoming)
    if (fault === 'silent') return
    if (fault === 'reset before') return incoming.socket.destroy() && undefined
    if (fault === 'hold') await this.#hold()
    if (typeof fault === 'object') return answer(response, fault)
    const upstream = request(this.#target + incoming.url, { method: incoming.method, headers: incoming.headers })
    upstream.end(body)
    const [engine] = await once(upstream, 'response') as [IncomingMessage]
    const text = await buffer(engine)
    if (fault === 'hold answer') await this.#hold()
    if (fault === 'reset after') return incoming.socket.destroy() && undefined
    response.writeHead(engine.statusCode ?? 502, engine.headers)
    if (fault === 'headers') return response.flushHeaders()
    if (fault === 'half') {
      response.write(text.subarray(0, text.length >> 1), () => response.destroy())
      return
    }
    response.end(text)
  }
}

function answer (response: ServerResponse, { status, body }: Canned): void {
  const isText = typeof body === 'string'
  response.writeHead(status, {
    'content-type': isText ? 'text/html' : 'application/json',
    'x-elastic-product': 'Elasticsearch' // or Elasticsearch's client takes it for a foreign engine
  }).end(isText ? body : JSON.stringify(body))
}

/** A listening proxy before `target`, which ends with the test. */
export async function startProxy (t: Pick<Test, 'teardown'>, target: string, tls?: ServerOptions): Promise<FaultProxy> {
  const proxy = new FaultProxy(await freePort(), target, tls)
  await proxy.listen()
  t.teardown(() => proxy.refuse())
  return proxy
}
