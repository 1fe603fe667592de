import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { homeFolder } from '../home-folder.js'
import { credentialsFor, type Credentials } from '../netrc.js'
import type { Environment } from './proxy.js'

/**
 * The Authorization for a request, as Python's requests finds it: the entry for the host in the netrc file, or else
 * what stands in the url before the host. Undefined where there is neither.
 */
export async function authorizationFor (url: URL, env: Environment): Promise<string | undefined> {
  const netrc = await readNetrc(env)
  const { username, password } = (netrc === undefined ? undefined : credentialsFor(url.hostname.replace(/^\[|]$/g, ''), netrc)) ?? ofUrl(url)
  if (username === '' && password === '') return undefined
  return `Basic ${Buffer.from(`${username}:${password}`, 'latin1').toString('base64')}`
}

function ofUrl ({ username, password }: URL): Credentials {
  return { username: decoded(username), password: decoded(password) }
}

function decoded (text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** The first file that is there; one that cannot be read is passed over, as by requests. */
async function readNetrc (env: Environment): Promise<string | undefined> {
  const home = homeFolder(env)
  const named = env['NETRC']?.replace(/^~(?=\/)/, home)
  for (const file of named === undefined ? [join(home, '.netrc'), join(home, '_netrc')] : [named]) {
    try {
      return await readFile(file, 'utf8')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return undefined
    }
  }
  return undefined
}

/** Whether what authorizes a request may also go to where it was redirected, as requests decides it. */
export function mayFollow (from: URL, to: URL): boolean {
  if (from.hostname !== to.hostname) return false
  const becomesHttps = from.protocol === 'http:' && from.port === '' && to.protocol === 'https:' && to.port === ''
  return becomesHttps || (from.protocol === to.protocol && from.port === to.port)
}
