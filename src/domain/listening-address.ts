import { isIP } from 'node:net'

/** What `localhost` may stand for. */
const LOCALHOST = ['localhost', '127.0.0.1', '::1', '0.0.0.0', '::']

/**
 * Whether two addresses to listen on are known to have one in common, so that the one takes a port from the other. `::` is
 * every address, of the fourth version too; of other names than `localhost` it is not known what they stand for.
 */
export function overlap (one: string, other: string): boolean {
  const pair = [one.toLowerCase(), other.toLowerCase()] as const
  if (pair[0] === pair[1] || pair.includes('::')) return true
  if (pair.includes('localhost')) return pair.every(host => LOCALHOST.includes(host))
  return pair.includes('0.0.0.0') && pair.every(host => isIP(host) === 4)
}
