// `scheme://user:secret@`, the scheme optional, up to the last @ before the path.
const USERINFO = /^([^:/?#]*:)?\/\/[^/?#]*@/
// A secret with an unescaped slash ends the authority too early for every url parser, and `user:secret@host` has no
// authority at all. What follows the first colon is a secret unless it is a port.
const RAW_SECRET = /^((?:[^:/?#]*:)?\/\/)?[^:/?#@[]+:(?!\d*(?:[/?#]|$))[^@]*@/

/** The url without the `user:secret@` before its host, for logs and messages; also of texts that are no valid url. */
export function withoutUserinfo (url: string): string {
  return url.replace(USERINFO, '$1//').replace(RAW_SECRET, '$1')
}

// Most texts have none of it.
const SUSPECT = /@|basic|bearer|signature|credential|token|accesskey|cookie|authorization|\bsig=/i

// Without a scheme it looks like an image by its digest, `name:tag@sha256:...`, which is none.
// Of bounded length, as the one below: what anybody may send would else take the square of its length.
const USER_AND_SECRET = /([^\s"'/@:,]{1,256}):[^\s"'@/]{1,2048}@(?!sha256:)/g
const AUTHORITY = /\/\/[^\s"'@]{0,2048}@/g

const AUTHORIZATION = /\b(basic|bearer)(\s+|%20|\+)[^\s"'\\,]+/gi
const PARAMETER = /\b((?:x-amz-|x-goog-)?(?:signature|credential|security-token|access_?token|token|awsaccesskeyid|sig)=)[^&\s"'\\]+/gi

/** A url without the values of what signs it, `?X-Amz-Signature=...` and the like. */
export function withoutSignature (url: string): string {
  return url.replace(PARAMETER, '$1...')
}

const HEADER = /((?:proxy-)?authorization|(?:set-)?cookie)(\\?["']\s*:\s*\\?["']|\s*[:=]\s*)(?:\\[^n]|[^\\"\n])+/gi

/**
 * A text, such as a message or a line of JSON, without the userinfo of every url in it, what signs a url, and the
 * credentials of headers. Rather too much goes than too little.
 */
export function withoutSecrets (text: string): string {
  if (!SUSPECT.test(text)) return text
  return text.replace(AUTHORITY, '//')
    .replace(USER_AND_SECRET, '$1:...@')
    .replace(HEADER, '$1$2...')
    .replace(AUTHORIZATION, '$1$2...')
    .replace(PARAMETER, '$1...')
}
