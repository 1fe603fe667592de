import { pythonJson } from '../domain/python-json.js'
import type { MetRequest } from './request.js'

/** Where the tarballs lie; empty where there is none. */
export interface TarballUrls {
  readonly amd64: string
  readonly arm64: string
}

/**
 * The body of the registration, byte for byte the one that container-met.py has Python's requests send: the same
 * fields in the same order, and `urls` as Python prints JSON.
 */
export function registrationBody ({ ident, version, digest }: MetRequest, { amd64, arm64 }: TarballUrls): string {
  const urls = { ...(amd64 && { x86_64: amd64, amd64 }), ...(arm64 && { arm64, aarch64: arm64 }) }
  const fields = [
    ['name', ident],
    ['version', version],
    ['url', amd64],
    ['resource', 'container'],
    ['digest', digest],
    ...(amd64 || arm64 ? [['urls', pythonJson(JSON.stringify(urls))]] : [])
  ]
  return fields.map(field => field.map(quotePlus).join('=')).join('&')
}

/** As Python's `urllib.parse.quote_plus`, which is neither `encodeURIComponent` nor what browsers do with forms. */
function quotePlus (text: string): string {
  return encodeURIComponent(text)
    .replace(/[!'()*]/g, character => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+')
}
