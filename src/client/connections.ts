import { getProxyForUrl } from 'proxy-from-env'
import { Agent, Pool, ProxyAgent, type Dispatcher } from 'undici'
import { ProxyError } from './errors.js'

/** Which servers are trusted, and how long one may take to answer a connection. */
export interface Trust {
  /** PEM text of the certificates to trust instead of the system's. */
  readonly ca?: string | undefined
  /** Any certificate will do. */
  readonly insecure?: boolean | undefined
  readonly timeoutMs: number
}

/** Connections of one caller, directly or through the proxies that the environment names. */
export class Connections {
  readonly #tls: { readonly ca?: string, readonly rejectUnauthorized?: boolean, readonly timeout: number }
  readonly #timeoutMs: number
  readonly #direct: Agent
  readonly #proxies = new Map<string, ProxyAgent>()

  constructor ({ ca, insecure, timeoutMs }: Trust) {
    this.#tls = { timeout: timeoutMs, ...ca !== undefined && { ca }, ...insecure === true && { rejectUnauthorized: false } }
    this.#timeoutMs = timeoutMs
    this.#direct = new Agent({ connect: this.#tls })
  }

  /** What leads to a url, and for messages the proxy's address, if one is in between. */
  to (url: string): { readonly dispatcher: Dispatcher, readonly proxy: string | undefined } {
    const proxy = getProxyForUrl(url)
    if (proxy === '') return { dispatcher: this.#direct, proxy: undefined }
    const agent = this.#proxies.get(proxy) ?? this.#proxyAgent(proxy)
    this.#proxies.set(proxy, agent)
    return { dispatcher: agent, proxy: new URL(proxy).host }
  }

  /** One that takes a request for a tunnel and is silent is given up as any other. */
  #proxyAgent (proxy: string): ProxyAgent {
    return new ProxyAgent({
      uri: checkedProxy(proxy),
      requestTls: this.#tls,
      // As curl does: many proxies give tunnels to port 443 only.
      proxyTunnel: false,
      clientFactory: (origin, options) => tunnelling(new Pool(origin, { ...options as Pool.Options, headersTimeout: this.#timeoutMs }))
    })
  }

  async close (): Promise<void> {
    await Promise.all([this.#direct, ...this.#proxies.values()].map(each => each.destroy()))
  }
}

/** A connection that is cut before there is a tunnel: undici makes it anew for ever unless it is a failure of the system. */
function tunnelling (pool: Pool): Pool {
  const connect = pool.connect.bind(pool) as (options: Dispatcher.ConnectOptions) => Promise<Dispatcher.ConnectData>
  const failing = async (options: Dispatcher.ConnectOptions) => await connect(options).catch(error => {
    throw error.code === 'UND_ERR_SOCKET' ? Object.assign(new Error(error.message, { cause: error }), { code: 'ECONNRESET' }) : error
  })
  return Object.assign(pool, { connect: failing as typeof pool.connect })
}

/** Secrets in it go percent-encoded: what else stands there is taken as it is. */
function checkedProxy (text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new ProxyError(`the proxy that the environment names must be an address such as http://host:3128, not ${text.replace(/\/\/[^/]*@/, '//')}`)
  }
  const encoded = (part: string) => part.replace(/%(?![0-9a-f]{2})/gi, '%25')
  url.username = encoded(url.username)
  url.password = encoded(url.password)
  return url.href
}
