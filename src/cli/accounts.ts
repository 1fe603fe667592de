import { realpath } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { AccountFiles } from '../access/account-files.js'
import type { Grant } from '../domain/caller.js'
import { parseAccessRule, parseRole } from '../domain/caller.js'
import { ConfigError } from '../config.js'
import { LeporelloError } from '../errors.js'
import { UsageError } from './exit-code.js'

export interface GrantOptions {
  readonly role: string
  readonly rule: readonly string[]
}

/** The files that the environment names, as for the service. */
export function accountFiles (): AccountFiles {
  const { htpasswd, access } = paths()
  return new AccountFiles(htpasswd, access)
}

/** Changes them, one process after another: what one reads and writes again is not what another has changed meanwhile. */
export async function changeAccountFiles<T> (change: (files: AccountFiles) => Promise<T>): Promise<T> {
  const { access } = paths()
  const file = await realpath(access).catch(() => access)
  const { Locks } = await import('../load/lock.js')
  const lock = await new Locks(dirname(file)).take(basename(file))
  try {
    return await change(accountFiles())
  } finally {
    await lock.release()
  }
}

function paths () {
  const { LEPORELLO_HTPASSWD: htpasswd, LEPORELLO_ACCESS: access } = process.env
  if (!htpasswd || !access) {
    throw new ConfigError('LEPORELLO_HTPASSWD and LEPORELLO_ACCESS must name the files of passwords and of what accounts may; ' +
      'a file that is not there is made')
  }
  return { htpasswd, access }
}

export function grantOf ({ role, rule }: GrantOptions): Grant {
  try {
    return { role: parseRole(role), rules: rule.map(parseAccessRule) }
  } catch (error) {
    throw error instanceof LeporelloError ? new UsageError(error.message) : error
  }
}

/** For an option that may be given several times. */
export function collected (value: string, before: readonly string[] = []): string[] {
  return [...before, value]
}

export function printedRules ({ rules }: Grant): string {
  return rules.length === 0 ? 'everything' : rules.map(({ resource, pattern }) => `${resource}:${pattern}`).join(' ')
}

export const RULES_HELP = `
Roles: read, write (and read), admin (and verify=lenient). A rule is container:, job_spec: or hysds_io: and a name in which
* stands for anything; with rules, only what one of them covers can be read and changed.
The files are those of LEPORELLO_HTPASSWD and LEPORELLO_ACCESS. A running service reads them again when they change.`
