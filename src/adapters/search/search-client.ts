import type { Readable } from 'node:stream'

/**
 * By what the engine's slow logs, tasks and warnings say whose a request is. The same on all of them: a request serves
 * many of ours together, and engines tell of each warning once for each id.
 */
export const OPAQUE_ID = { 'x-opaque-id': 'leporello' } as const

/** One HTTP request to a search engine. */
export interface SearchRequest {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE'
  readonly path: string
  /** Parameters, already encoded. */
  readonly query?: string
  /** JSON text; with `lines`, newline-delimited JSON. */
  readonly body?: string
  readonly lines?: boolean
  /** Sending it twice is the same as sending it once. */
  readonly repeatable?: boolean
  /** A larger answer is not read. */
  readonly mostBytes?: number
}

/** What the engine, or a proxy before it, answered. The text is as it came: numbers keep their digits. */
export interface SearchAnswer {
  readonly status: number
  readonly text: string
}

/** The seam to the engines' own clients, which own connections, TLS, credentials and the choice of the node. */
export interface SearchClient {
  /** Rejects with `NoAnswer` when no whole answer came within the time, with `TooLarge` when it is not worth reading. */
  send (request: SearchRequest, milliseconds: number): Promise<SearchAnswer>

  close (): Promise<void>
}

/** What both clients are made from. */
export interface ClientOptions {
  readonly nodes: readonly URL[]
  readonly timeoutMs: number
  readonly auth: { readonly username: string, readonly password: string } | undefined
  readonly tls: { readonly ca?: Buffer, readonly rejectUnauthorized: boolean }
}

/** No answer came. Unless `sent` is false, the request may have been carried out, or may yet be. */
export class NoAnswer extends Error {
  override readonly name: string = 'NoAnswer'
  readonly sent: boolean

  constructor (reason: string, sent: boolean, cause?: unknown) {
    super(reason, { cause })
    this.sent = sent
  }
}

/**
 * Failures to connect, which both clients hand on by message only. Node joins the failures of a name's several
 * addresses in an error without a message.
 */
const NEVER_CONNECTED =
  /^$|\b(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)\b|^Connect Timeout Error|certificate/

/** The time was up: the node may hang, or be busy. */
export class TooLate extends NoAnswer {
  constructor (milliseconds: number, cause: unknown) {
    super(`no answer within ${Math.ceil(milliseconds)} ms`, true, cause)
  }
}

/** The answer has more than the request's `mostBytes`. */
export class TooLarge extends Error {
  override readonly name = 'TooLarge'
}

/** The text of an answer; rejects with `TooLarge` instead of reading more of it. */
export async function textWithin (answer: Readable, mostBytes = Infinity): Promise<string> {
  answer.on('error', () => {}) // being left early is an error to it
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > mostBytes) throw new TooLarge(`the answer has more than ${mostBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

/** A client's error about the connection as a `NoAnswer`. */
export function noAnswer (error: unknown): NoAnswer {
  const reason = error instanceof Error ? error.message : String(error)
  return new NoAnswer(reason === '' ? 'the connection was refused' : reason, !NEVER_CONNECTED.test(reason), error)
}
