import type { Architecture } from '../src/domain/architecture.js'
import { machineName } from '../src/domain/architecture.js'

/**
 * What an unmodified HySDS worker does with a container's document on a machine of that architecture: the url whose
 * tarball it loads, or null when it pulls the image by its name from wherever its engine looks.
 */
export function workersChoice (json: string, architecture: Architecture): string | null {
  const { url, urls } = JSON.parse(json) as { url?: string | null, urls?: unknown }
  const byMachine = typeof urls === 'string' && urls !== '' ? parsed(urls) : urls
  if (typeof byMachine === 'object' && byMachine !== null && !Array.isArray(byMachine) && Object.hasOwn(byMachine, machineName(architecture))) {
    return (byMachine as Record<string, string | null>)[machineName(architecture)] ?? null
  }
  return url ?? null
}

function parsed (urls: string): unknown {
  try {
    return JSON.parse(urls)
  } catch {
    return undefined
  }
}
