import { isIP } from 'node:net'

/** Whether an address to listen on is reached from this machine only. */
export function isLoopback (host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}
