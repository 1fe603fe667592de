import { isIPv4, BlockList } from 'node:net'
import type { Agent as HttpAgent } from 'node:http'
import type { Agent as HttpsAgent } from 'node:https'
import { Failure } from './failure.js'

export type Environment = Readonly<Record<string, string | undefined>>

/**
 * The proxy for a url, as Python's requests finds it: `http_proxy`, `https_proxy`, `all_proxy` and `no_proxy`, in
 * capitals as well, the small ones first. Undefined where there is none.
 */
export function proxyFor (url: URL, env: Environment): URL | undefined {
  const text = variable(env, `${url.protocol.slice(0, -1)}_proxy`) ?? variable(env, 'all_proxy')
  if (text === undefined || isExcepted(url, env)) return undefined
  const address = text.includes('://') ? text : `http://${text}`
  if (/^https?:\/\/[^/]/i.test(address) && URL.canParse(address)) return new URL(address)
  throw new Failure(`the proxy for ${url.protocol}// must be an address such as http://HOST:3128, not ` +
    `${JSON.stringify(address.replace(/(?<!\/)\/\/[^@]*@/, '//'))}; correct or unset the variable ${url.protocol.slice(0, -1)}_proxy or all_proxy`)
}

/** Agents for the proxy of a url, for Node's own requests and the AWS SDK's; nothing where there is no proxy. */
export async function agentsFor (url: URL, env: Environment): Promise<{ httpAgent?: HttpAgent, httpsAgent?: HttpsAgent }> {
  const proxy = proxyFor(url, env)
  if (proxy === undefined) return {}
  const [{ HttpProxyAgent }, { HttpsProxyAgent }] = await Promise.all([import('http-proxy-agent'), import('https-proxy-agent')])
  return { httpAgent: new HttpProxyAgent(proxy), httpsAgent: new HttpsProxyAgent(proxy) as unknown as HttpsAgent }
}

function variable (env: Environment, name: string): string | undefined {
  const small = env[name]
  // Set and empty, it says that there is no proxy.
  if (small !== undefined) return small || undefined
  // A CGI program's HTTP_PROXY is a header that a stranger sent.
  if (name === 'http_proxy' && env['REQUEST_METHOD'] !== undefined) return undefined
  return env[name.toUpperCase()] || undefined
}

function isExcepted ({ hostname, port }: URL, env: Environment): boolean {
  const exceptions = (env['no_proxy'] || env['NO_PROXY'] || '').replaceAll(' ', '')
  if (exceptions === '*') return true
  return exceptions.split(',').filter(exception => exception !== '').some(exception => {
    if (isIPv4(hostname) && exception.includes('/')) return isInNetwork(hostname, exception)
    const name = exception.replace(/^\.+/, '').toLowerCase()
    return [hostname, ...(isIPv4(hostname) ? [] : [`${hostname}:${port}`])].some(host => host === name || host.endsWith(`.${name}`))
  })
}

function isInNetwork (address: string, network: string): boolean {
  const [base = '', bits = ''] = network.split('/')
  if (!isIPv4(base) || !/^\d+$/.test(bits) || Number(bits) > 32) return false
  const list = new BlockList()
  list.addSubnet(base, Number(bits))
  return list.check(address)
}
