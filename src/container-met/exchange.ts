import { request as overHttp, type ClientRequest, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http'
import { request as overHttps } from 'node:https'
import type { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import { Failure } from './failure.js'
import { agentsFor, type Environment } from './proxy.js'

const CONNECT_TIMEOUT_MS = 10_000

/** Of an answer, no more is read. */
const MOST_CHARACTERS = 1024 * 1024

export interface Exchange {
  readonly method: 'POST' | 'OPTIONS'
  readonly url: URL
  readonly headers: OutgoingHttpHeaders
  /** Made anew for each attempt; undefined where there is none. */
  readonly body?: string | (() => Readable)
}

export interface ExchangeOptions {
  readonly env: Environment
  readonly verifyTls: boolean
  /** After how long without a byte it is given up; 0 is never. */
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

export interface Answer {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly text: string
}

/** The exchange broke off. */
export class ExchangeError extends Error {
  /** Whether a connection was made, so that the request may have been received. */
  readonly connected: boolean

  constructor (connected: boolean, cause: unknown) {
    super(cause instanceof Error ? cause.message || String((cause as NodeJS.ErrnoException).code) : String(cause), { cause })
    this.connected = connected
  }
}

/** Sends one request, follows nothing, and resolves to the whole answer. Rejects with an `ExchangeError` otherwise. */
export async function exchange ({ method, url, headers, body }: Exchange, options: ExchangeOptions): Promise<Answer> {
  const { httpAgent, httpsAgent } = await agentsFor(url, options.env)
  const { signal, timeoutMs, verifyTls } = options
  const common = { method, headers, signal, timeout: timeoutMs }
  const sent = url.protocol === 'https:'
    ? overHttps(withoutUser(url), { ...common, agent: httpsAgent ?? false, rejectUnauthorized: verifyTls })
    : overHttp(withoutUser(url), { ...common, agent: httpAgent ?? false })
  const connection = new Connection(sent, timeoutMs)
  try {
    const answered = answerTo(sent)
    if (typeof body === 'function') return await Promise.race([answered, failureOf(body(), sent)])
    sent.end(body)
    return await answered
  } catch (error) {
    throw error instanceof Failure ? error : new ExchangeError(connection.isMade, error)
  } finally {
    connection.end()
  }
}

function withoutUser (url: URL): URL {
  const bare = new URL(url)
  bare.username = bare.password = ''
  return bare
}

/** Sends the body. A refusal may come, and counts, before all of it is sent, so only the body's own failure ends this. */
async function failureOf (body: Readable, sent: ClientRequest): Promise<never> {
  return await new Promise((_resolve, reject) => {
    body.once('error', reject)
    sent.once('close', () => body.destroy())
    body.pipe(sent)
  })
}

async function answerTo (sent: ClientRequest): Promise<Answer> {
  return await new Promise((resolve, reject) => {
    let response: IncomingMessage | undefined
    sent.on('error', error => { if (response === undefined) reject(error) })
    sent.once('response', answer => {
      response = answer
      read(answer).then(text => {
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text })
      }, reject)
    })
  })
}

async function read (answer: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of answer.setEncoding('utf8')) {
    text += chunk
    if (text.length > MOST_CHARACTERS) break
  }
  return text
}

/** Knows whether the connection of a request was ever made, and does not wait for it, or on it, for ever. */
class Connection {
  isMade = false
  readonly #sent: ClientRequest
  readonly #timer: NodeJS.Timeout

  constructor (sent: ClientRequest, timeoutMs: number) {
    this.#sent = sent
    const patience = Math.min(CONNECT_TIMEOUT_MS, timeoutMs || CONNECT_TIMEOUT_MS)
    this.#timer = setTimeout(() => sent.destroy(new Error(`no connection in ${patience} ms`)), patience)
    sent.once('socket', (socket: Socket | TLSSocket) => {
      if ('secureConnecting' in socket && socket.secureConnecting === true) socket.once('secureConnect', () => this.#made())
      else if (socket.connecting) socket.once('connect', () => this.#made())
      else this.#made()
    })
    sent.on('timeout', () => sent.destroy(new Error(`no answer in ${timeoutMs} ms`)))
  }

  #made (): void {
    this.isMade = true
    clearTimeout(this.#timer)
  }

  end (): void {
    clearTimeout(this.#timer)
    this.#sent.destroy()
  }
}
