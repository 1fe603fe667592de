import { isUtf8 } from 'node:buffer'

/** What a request says of who sends it. */
export type Credentials = BasicCredentials | { readonly scheme: 'bearer', readonly token: string }

export interface BasicCredentials {
  readonly scheme: 'basic'
  readonly user: string
  readonly password: string
}

/** Neither a name nor a password holds one (RFC 7617, 2); bcrypt takes `secret` and a NUL and `secret` for the same as `secret`. */
const CONTROL = /\p{Cc}/u

/** Reads an `Authorization` header (RFC 7617, RFC 6750); undefined when it is neither of the two, or malformed. */
export function parseAuthorization (header: string): Credentials | undefined {
  const [, scheme = '', text = ''] = /^([A-Za-z]+) +([A-Za-z0-9._~+/-]+=*) *$/.exec(header) ?? []
  if (scheme.toLowerCase() === 'bearer') return { scheme: 'bearer', token: text }
  if (scheme.toLowerCase() !== 'basic') return undefined
  const decoded = decode(Buffer.from(text, 'base64'))
  const colon = decoded.indexOf(':')
  return colon < 1 || CONTROL.test(decoded) ? undefined : { scheme: 'basic', user: decoded.slice(0, colon), password: decoded.slice(colon + 1) }
}

/** As UTF-8, which we ask for, or as Latin-1 where it is none: Python's requests sends nothing else. */
function decode (bytes: Buffer): string {
  return isUtf8(bytes) ? bytes.toString() : bytes.toString('latin1')
}
