import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { errors, request, type Dispatcher } from 'undici'
import { homeFolder } from '../home-folder.js'
import { credentialsFor, type Credentials } from '../netrc.js'
import { Connections, type Trust } from './connections.js'
import { ApiError, UnreachableError } from './errors.js'
import { proxyRefusal, sentenceFor } from './unreachable.js'

const MOST_REDIRECTS = 5

/** How long nothing may move is the trust's `timeoutMs`. */
export interface TransportOptions extends Trust {
  /** Where hosts' credentials are looked up; by default `$NETRC` or `~/.netrc`. */
  readonly netrc?: string | undefined
}

export interface Sent {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** A stream is sent once, and never to another address than it was meant for. */
  readonly body?: string | Readable | undefined
  /** Where the body itself is watched. */
  readonly signal?: AbortSignal | undefined
}

export type Answer = Dispatcher.ResponseData

/** Requests of one caller: connections, trust and credentials. Knows nothing of what is asked. */
export class Transport {
  readonly #options: TransportOptions
  readonly #connections: Connections
  #netrc: Promise<string> | undefined

  constructor (options: TransportOptions) {
    this.#options = options
    this.#connections = new Connections(options)
  }

  /**
   * Sends one request and follows redirects where that repeats it as it was: GETs, and bodies that are text with 307
   * and 308. Credentials stay with their host.
   *
   * @throws UnreachableError when no answer came, ApiError `REDIRECTED` when it leads elsewhere.
   */
  async send (url: string, sent: Sent): Promise<Answer> {
    const first = new URL(url)
    const credentials = userinfoOf(first) ?? credentialsFor(first.hostname.replace(/^\[|]$/g, ''), await this.#netrcText())
    for (let [target, hops] = [first, 0]; ; hops++) {
      const answer = await this.#once(target, sent, userinfoOf(target) ?? (isSameHost(first, target) ? credentials : undefined))
      const next = redirection(target, answer)
      if (next === undefined) return answer
      await answer.body.dump()
      const repeats = sent.method === 'GET' || (typeof sent.body !== 'object' && [307, 308].includes(answer.statusCode))
      if (!repeats || hops === MOST_REDIRECTS) throw redirected(target, next, answer, repeats)
      target = next
    }
  }

  async close (): Promise<void> {
    await this.#connections.close()
  }

  async #once (target: URL, { method, headers, body, signal }: Sent, credentials: Credentials | undefined): Promise<Answer> {
    const bare = withoutUserinfo(target)
    const { dispatcher, proxy } = this.#connections.to(bare)
    // A body is watched by whoever sends it: undici counts from its first byte, and the store takes long after the last.
    const timeout = signal === undefined ? this.#options.timeoutMs : 0
    try {
      return await request(bare, {
        method,
        dispatcher,
        headers: { accept: 'application/json', ...headers, ...credentials && { authorization: basic(credentials) } },
        body: body ?? null,
        signal: signal ?? null,
        headersTimeout: timeout,
        bodyTimeout: this.#options.timeoutMs
      })
    } catch (error) {
      throw unreachable(bare, signal?.aborted === true ? signal.reason : error, proxy)
    }
  }

  async #netrcText (): Promise<string> {
    const file = this.#options.netrc ?? process.env['NETRC'] ?? join(homeFolder(), '.netrc')
    // One that is named has to be there.
    this.#netrc ??= readFile(file, 'utf8').catch(error => {
      if (this.#options.netrc === undefined) return ''
      throw error
    })
    return await this.#netrc
  }
}

/** Any failure of a connection as an error for the caller; others, such as those of a file that is sent, as they are. */
export function unreachable (url: string, error: unknown, proxy?: string): unknown {
  const sentence = sentenceFor(error)
  if (sentence === undefined) return error
  const { origin } = new URL(url)
  return new UnreachableError(`${origin}${proxy === undefined ? '' : `, through the proxy ${proxy},`} ${sentence}`, url, error)
}

/** Whether certainly nothing was sent. */
export function neverConnected (error: UnreachableError): boolean {
  const { code } = error.cause as { code?: string }
  return error.cause instanceof errors.ConnectTimeoutError || proxyRefusal(error.cause) !== undefined ||
    ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'].includes(code ?? '')
}

/** A store on another port is not whom the credentials are meant for; the same service over https is. */
function isSameHost (first: URL, target: URL): boolean {
  return first.origin === target.origin ||
    (first.hostname === target.hostname && first.protocol === 'http:' && target.protocol === 'https:')
}

function redirection (from: URL, { statusCode, headers: { location } }: Answer): URL | undefined {
  if (![301, 302, 303, 307, 308].includes(statusCode) || typeof location !== 'string') return undefined
  const target = URL.canParse(location, from.href) ? new URL(location, from) : undefined
  return target !== undefined && /^https?:$/.test(target.protocol) ? target : undefined
}

function redirected (from: URL, to: URL, { statusCode: status }: Answer, repeats: boolean): ApiError {
  const why = repeats ? 'too often' : 'and a request that changes something is not sent elsewhere by itself'
  return new ApiError(`${from.origin} redirects to ${withoutUserinfo(to)}, ${why}: use the address that it leads to`,
    { status, code: 'REDIRECTED', details: { location: withoutUserinfo(to) } })
}

function userinfoOf ({ username, password }: URL): Credentials | undefined {
  return username === '' && password === '' ? undefined : { username: decoded(username), password: decoded(password) }
}

/** As it stands where it is no percent-encoding: a password may have a % in it. */
function decoded (text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function withoutUserinfo (url: URL): string {
  const bare = new URL(url)
  bare.username = bare.password = ''
  return String(bare)
}

function basic ({ username, password }: Credentials): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}
