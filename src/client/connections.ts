import { getProxyForUrl } from 'proxy-from-env'
import { Agent, ProxyAgent, type Dispatcher } from 'undici'

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
  readonly #direct: Agent
  readonly #proxies = new Map<string, ProxyAgent>()

  constructor ({ ca, insecure, timeoutMs }: Trust) {
    this.#tls = { timeout: timeoutMs, ...ca !== undefined && { ca }, ...insecure === true && { rejectUnauthorized: false } }
    this.#direct = new Agent({ connect: this.#tls })
  }

  /** What leads to a url, and for messages the proxy's address, if one is in between. */
  to (url: string): { readonly dispatcher: Dispatcher, readonly proxy: string | undefined } {
    const proxy = getProxyForUrl(url)
    if (proxy === '') return { dispatcher: this.#direct, proxy: undefined }
    const agent = this.#proxies.get(proxy) ?? new ProxyAgent({ uri: proxy, requestTls: this.#tls })
    this.#proxies.set(proxy, agent)
    return { dispatcher: agent, proxy: new URL(proxy).host }
  }

  async close (): Promise<void> {
    await Promise.all([this.#direct, ...this.#proxies.values()].map(each => each.destroy()))
  }
}
