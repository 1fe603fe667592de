import { genSaltSync, getRounds } from 'bcryptjs'

/** Users and their bcrypt hashes, as Apache's `htpasswd -B` writes them. */
export type Passwords = ReadonlyMap<string, string>

/** Of the forms and costs that can be compared with. */
const BCRYPT = /^\$2[aby]\$(?:0[4-9]|[12]\d|3[01])\$[./A-Za-z0-9]{53}$/

/** @throws Error that names the line; other hashes than bcrypt's are refused. */
export function parseHtpasswd (text: string): Passwords {
  const passwords = new Map<string, string>()
  for (const [at, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue
    const colon = line.indexOf(':')
    const hash = line.slice(colon + 1)
    if (colon < 1) throw new Error(`line ${at + 1} is not of the form user:hash`)
    if (!BCRYPT.test(hash)) throw new Error(`line ${at + 1} has no bcrypt hash, as htpasswd -B makes it`)
    passwords.set(line.slice(0, colon), hash)
  }
  return passwords
}

export function printHtpasswd (passwords: Passwords): string {
  return Array.from(passwords, ([user, hash]) => `${user}:${hash}\n`).join('')
}

const DEFAULT_ROUNDS = 10

/** A hash that no password has and that takes as long to compare with as one of the users', `which` of them. */
export function nobodysHash (passwords: Passwords, which: number): string {
  const hashes = [...passwords.values()]
  const like = hashes[which % hashes.length]
  return `${genSaltSync(like === undefined ? DEFAULT_ROUNDS : getRounds(like))}${'.'.repeat(31)}`
}
