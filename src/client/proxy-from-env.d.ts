/** The part that is used here; the package has no types of its own. */
declare module 'proxy-from-env' {
  /** The proxy for a url, as http_proxy, https_proxy and no_proxy say; empty when there is none. */
  export function getProxyForUrl (url: string): string
}
