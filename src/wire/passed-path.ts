/** What Leporello answers itself, wherever the API hangs; the rest may be Mozart's. */
const OWN = /(?:^|\/api\/v0\.\d+)\/(?:container|job_spec|hysds_io)(?:\/|$)/i

/** Kept for this service. */
const RESERVED = /^\/(?:$|(?:ui|v2|metrics|health|swaggerui)(?:\/|$))|^\/api\/v0\.[12](?:\/(?:doc\/?|openapi\.json|swagger\.json)?)?$/

/** Some servers end a path at one, or cut it away. */
const CONTROL = /\p{Cc}/u

/** So often a path may be encoded before it is not looked into any more. */
const MOST_DECODINGS = 3

/**
 * Whether a request's path (as it was sent, without the query) may go to the Mozart behind: never one that any server
 * on the way could take for a path of ours, and so would change the catalogue past us.
 */
export function mayBePassed (path: string): boolean {
  // No part of what may be asked for, and servers differ on whether it ends the path.
  if (path.includes('#')) return false
  const meanings = meaningsOf(path)
  return meanings !== undefined && meanings.every(meaning => {
    const merged = meaning.replaceAll('\\', '/').replace(/;[^/]*/g, '').replace(/\/+/g, '/')
    return merged.startsWith('/') && !CONTROL.test(merged) && !/\/\.{1,2}(?:\/|$)/.test(merged) && !isOurs(merged) && !isOurs(merged.replace(/[?#].*/, ''))
  })
}

function isOurs (path: string): boolean {
  return OWN.test(path) || RESERVED.test(path)
}

/** The path as it is, and decoded once, twice, ...; undefined when that comes to no end, or cannot be done. */
function meaningsOf (path: string): string[] | undefined {
  const meanings = [path]
  for (let last = path; last.includes('%');) {
    if (meanings.length > MOST_DECODINGS) return undefined
    try {
      last = decodeURIComponent(last)
    } catch {
      return undefined
    }
    if (last === meanings.at(-1)) break
    meanings.push(last)
  }
  return meanings
}
