// `scheme://user:secret@`, the scheme optional, up to the last @ before the path.
const USERINFO = /^([^:/?#]*:)?\/\/[^/?#]*@/
// A secret with an unescaped slash ends the authority too early for every url parser, and `user:secret@host` has no
// authority at all. What follows the first colon is a secret unless it is a port.
const RAW_SECRET = /^((?:[^:/?#]*:)?\/\/)?[^:/?#@[]+:(?!\d*(?:[/?#]|$))[^@]*@/

/** The url without the `user:secret@` before its host, for logs and messages; also of texts that are no valid url. */
export function withoutUserinfo (url: string): string {
  return url.replace(USERINFO, '$1//').replace(RAW_SECRET, '$1')
}

/** A text, such as a message, with the userinfo of every url in it left out. Rather too much goes than too little. */
export function withoutSecrets (text: string): string {
  return text.replace(/\/\/[^\s"'@]*@/g, '//')
}
