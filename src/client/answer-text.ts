import { STATUS_CODES } from 'node:http'
import { ApiError } from './errors.js'
import { unreachable, type Answer } from './transport.js'
import type { Warning } from './answers.js'

/** A success as the API sends it. */
export interface Envelope<T> {
  readonly status: number
  readonly message: string
  readonly result: T
  readonly tag: string | undefined
  readonly warnings: readonly Warning[]
}

interface Body {
  readonly success?: unknown
  readonly message?: unknown
  readonly result?: unknown
  readonly warnings?: unknown
}

/** @throws ApiError unless it is a success of the API's form, UnreachableError when it breaks off. */
export async function envelopeOf<T> (url: string, answer: Answer): Promise<Envelope<T>> {
  const body = await bodyOf(url, answer)
  const { statusCode: status, headers } = answer
  if (status >= 400 || !isSuccess(body)) throw refusalOf(url, answer, body)
  const { etag } = headers
  return {
    status,
    message: String(body.message ?? ''),
    result: body.result as T,
    tag: typeof etag === 'string' ? etag : undefined,
    warnings: [...Array.isArray(body.warnings) ? body.warnings as Warning[] : [], ...warningsOf(headers['warning'])]
  }
}

/** All of ours give something; what only happens to be JSON, or is a Mozart's refusal with 200, does not. */
function isSuccess (body: Body | undefined): body is Body {
  return body !== undefined && body.success !== false && body.result !== undefined && body.result !== null
}

/** The refusal that an answer is; `body` is what it says, undefined where that is not the API's. */
export function refusalOf (url: string, { statusCode: status, headers }: Answer, body: Body | undefined): ApiError {
  const { code: said, ...details } = Object(body?.result) as { code?: unknown } & Record<string, unknown>
  const header = headers['x-error-code']
  const code = typeof said === 'string' ? said : typeof header === 'string' ? header : undefined
  return new ApiError(sentenceOf(url, status, code, body), {
    status,
    code,
    details,
    retryAfterSeconds: secondsUntil(headers['retry-after'])
  })
}

/** `Retry-After`: a number of seconds or a date; undefined for what is neither. */
function secondsUntil (header: string | string[] | undefined): number | undefined {
  if (typeof header !== 'string' || header.trim() === '') return undefined
  if (/^[\d.]+$/.test(header)) return Number.isFinite(Number(header)) ? Number(header) : undefined
  const at = /^[a-z]/i.test(header) ? Date.parse(header) : NaN
  return Number.isNaN(at) ? undefined : Math.max(0, Math.ceil((at - Date.now()) / 1000))
}

/** What the body says, if it is an object as the API sends them. */
export async function bodyOf (url: string, answer: Answer): Promise<Body | undefined> {
  const text = await answer.body.text().catch(error => { throw unreachable(url, error) })
  try {
    const value = JSON.parse(text) as unknown
    return typeof value === 'object' && value !== null && 'message' in value ? value : undefined
  } catch {
    return undefined
  }
}

function sentenceOf (url: string, status: number, code: string | undefined, body: Body | undefined): string {
  const message = typeof body?.message === 'string' ? body.message : ''
  if (code !== undefined && message !== '') return message
  const { origin } = new URL(url)
  if (status === 401 || status === 407) return `${origin} asks for a user and a password, or does not accept these`
  const what = `${status} ${STATUS_CODES[status] ?? ''}`.trim()
  if (status < 400) return `${origin} answers ${what}, but not as Leporello does${message === '' ? '' : ` (${message})`}: is this its address?`
  if (status === 404 && code === undefined) return `${origin} does not know this request (${what}): is this Leporello's address?`
  return `${origin} answers ${what}${message === '' ? '' : `: ${message}`}`
}

/** `299 - "sentence"`, of routes whose body is Mozart's. */
function warningsOf (header: string | string[] | undefined): Warning[] {
  return [header ?? []].flat().flatMap(line => {
    const [, text] = /^299 \S+ "((?:[^"\\]|\\.)*)"$/.exec(line) ?? []
    return text === undefined ? [] : [{ code: 'ARCHITECTURE_ASSUMED', message: text.replace(/\\(.)/g, '$1') }]
  })
}
