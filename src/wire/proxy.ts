import type { IncomingMessage } from 'node:http'
import { compile } from '@fastify/proxy-addr'

const SCRIPT_NAME = /^(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._-]+)+$/

/**
 * Where the service hangs in its public address space, as a proxy in front tells: `/mozart` for
 * `https://host/mozart/api/v0.1/...`, or nothing. Only headers of trusted proxies count.
 */
export class ProxyHeaders {
  readonly #trusts: (address: string) => boolean

  constructor (trusted: readonly string[] | false) {
    const compiled = trusted === false ? () => false : compile([...trusted])
    this.#trusts = address => compiled(address, 0)
  }

  /** The value of X-Script-Name when it is to be believed and has the form of a path; otherwise empty. */
  scriptName ({ headers, socket }: Pick<IncomingMessage, 'headers' | 'socket'>): string {
    const sent = headers['x-script-name']
    return typeof sent === 'string' && SCRIPT_NAME.test(sent) && this.areBelieved({ socket }) ? sent : ''
  }

  /** Whether what the peer says of the client, and of where the service hangs, is to be believed. */
  areBelieved ({ socket: { remoteAddress } }: Pick<IncomingMessage, 'socket'>): boolean {
    return remoteAddress !== undefined && this.#trusts(remoteAddress)
  }
}

/**
 * The URL to route by, as Mozart's WSGI stack sees it: without the script name if the proxy left it in place, a
 * percent-encoded slash in the path being a slash, a leading `//` being one slash, and a percent sign that encodes
 * nothing standing for itself.
 */
export function routedUrl (url: string, scriptName: string): string {
  const end = url.search(/[?#]/)
  const path = end === -1 ? url : url.slice(0, end)
  const routed = withoutPrefix(path.includes('%') ? decodable(path) : path, scriptName)
  return end === -1 ? routed : routed + url.slice(end)
}

function withoutPrefix (path: string, scriptName: string): string {
  const merged = path.startsWith('//') ? path.replace(/^\/+/, '/') : path
  if (scriptName === '' || !(merged === scriptName || merged.startsWith(`${scriptName}/`))) return merged
  return merged.slice(scriptName.length) || '/'
}

function decodable (path: string): string {
  const decoded = path.replace(/%2f/gi, '/')
  try {
    decodeURIComponent(decoded)
    return decoded
  } catch {
    return decoded.replaceAll('%', '%25')
  }
}
