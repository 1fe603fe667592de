import { errors } from 'undici'

const SYSTEM: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refuses connections: does it run, and is this its port?',
  ECONNRESET: 'cut the connection',
  EPIPE: 'cut the connection',
  ENOTFOUND: 'is not known: is the host spelt right?',
  EAI_AGAIN: 'cannot be looked up just now',
  EHOSTUNREACH: 'cannot be reached',
  ENETUNREACH: 'cannot be reached',
  ETIMEDOUT: 'does not answer',
  UND_ERR_CONNECT_TIMEOUT: 'does not answer',
  UND_ERR_HEADERS_TIMEOUT: 'took the request and did not answer in time',
  UND_ERR_BODY_TIMEOUT: 'stopped in the middle of its answer',
  UND_ERR_SOCKET: 'cut the connection',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'cut its answer short',
  UND_ERR_HEADERS_OVERFLOW: 'answers with too long a head',
  EPROTO: 'does not agree on how to speak https',
  UND_ERR_DESTROYED: 'was given up',
  ERR_SSL_WRONG_VERSION_NUMBER: 'does not speak https',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'does not speak https',
  ERR_STREAM_PREMATURE_CLOSE: 'cut its answer short'
}

const ADVICE = ': give its user and password in its variable, http://USER:PASSWORD@HOST:PORT'

/** OpenSSL's names, such as DEPTH_ZERO_SELF_SIGNED_CERT and CERT_HAS_EXPIRED. */
const CERTIFICATE = /CERT|ERR_TLS|SIGNATURE|ISSUER|UNABLE_TO/

/** How a connection failed, as the end of a sentence about the server; undefined for what is no matter of it. */
export function sentenceFor (error: unknown): string | undefined {
  if (error instanceof StalledError) return error.message
  const { code = '', message } = error as NodeJS.ErrnoException
  const refusal = proxyRefusal(error)
  if (refusal !== undefined) return `cannot be reached: the proxy answers ${refusal}${refusal === 407 ? ADVICE : ''}`
  if (SYSTEM[code] !== undefined) return SYSTEM[code]
  if (CERTIFICATE.test(code)) return `has a certificate that is not trusted (${message}): name its authority, or accept any`
  if (code.startsWith('ERR_SSL_')) return `does not agree on how to speak https (${message})`
  // Its parser's, of what is no HTTP.
  return error instanceof errors.HTTPParserError || code.startsWith('HPE_') ? 'does not speak HTTP' : undefined
}

/** The status with which a proxy neither gives a tunnel nor hands anything on; other answers of one cannot be told from the service's. */
export function proxyRefusal (error: unknown): number | undefined {
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'UND_ERR_INVALID_ARG' && message.startsWith('Proxy Authentication Required')) return 407
  const [, status] = code === 'UND_ERR_ABORTED' ? /^Proxy response \((\d+)\)/.exec(message) ?? [] : []
  return status === undefined ? undefined : Number(status)
}

/** Nothing has moved for too long. */
export class StalledError extends Error {
  override readonly name = 'StalledError'

  constructor (milliseconds: number) {
    super(`let nothing move for ${milliseconds / 1000} s`)
  }
}
