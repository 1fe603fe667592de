import { readFile, stat } from 'node:fs/promises'
import { parseAccounts, type Accounts } from '../access/accounts.js'
import { parseHtpasswd } from '../access/htpasswd.js'
import type { Config } from '../config.js'
import { Findings, type Finding } from './finding.js'

/** Read or written by others than the owner and the group. */
const OTHERS = 0o007

/** Whether the files that say who may do what can be used, and let somebody in. */
export async function checkAccessFiles ({ access: { htpasswdFile, accountsFile } }: Config): Promise<readonly Finding[]> {
  const findings = new Findings('access')
  const users = await read(findings, 'LEPORELLO_HTPASSWD', htpasswdFile, parseHtpasswd)
  const accounts = await read(findings, 'LEPORELLO_ACCESS', accountsFile, parseAccounts)
  const hasFailed = findings.all.some(({ state }) => state === 'wrong')
  if ((htpasswdFile === undefined && accountsFile === undefined) || hasFailed) return findings.all
  const tokens = [...accounts?.tokens.values() ?? []]
  const live = tokens.filter(({ expires }) => expires === undefined || expires > new Date())
  if ((users?.size ?? 0) + live.length === 0) {
    findings.wrong('no user has a password, and no token is valid: nobody can sign in', 'leporello user add NAME, or leporello token add NAME')
  } else {
    findings.ok(`${users?.size ?? 0} users and ${live.length} tokens may sign in${tokens.length > live.length ? `; ${tokens.length - live.length} tokens have expired` : ''}`)
  }
  warnOfStrangers(findings, users, accounts)
  return findings.all
}

/** A user without a password cannot sign in, which is rarely meant. */
function warnOfStrangers (findings: Findings, users: ReadonlyMap<string, string> | undefined, accounts: Accounts | undefined): void {
  for (const name of accounts?.users.keys() ?? []) {
    if (users?.has(name) !== true) findings.warning(`${name} is granted something and has no password`, `leporello user add ${name}, or leporello user revoke ${name}`)
  }
}

async function read<T> (
  findings: Findings, variable: string, path: string | undefined, parse: (text: string) => T
): Promise<T | undefined> {
  if (path === undefined) return undefined
  try {
    const content = parse(await readFile(path, 'utf8'))
    if (((await stat(path)).mode & OTHERS) !== 0) findings.warning(`everybody on this machine may read or write ${path}`, `chmod o= ${path}`)
    return content
  } catch (error) {
    findings.wrong(`${variable} (${path}) cannot be used: ${(error as Error).message}`, 'the service does not start with it')
    return undefined
  }
}
