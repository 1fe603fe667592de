import { parseAccessRule, parseRole, type Grant } from '../domain/caller.js'

/** A bearer token, of which only the hash is kept. */
export interface TokenAccount extends Grant {
  /** Of the token, hexadecimal. */
  readonly sha256: string
  /** Absent: it does not expire. */
  readonly expires?: Date
}

/** What users may, and which tokens there are with what they may: the file that LEPORELLO_ACCESS names. */
export interface Accounts {
  readonly users: ReadonlyMap<string, Grant>
  readonly tokens: ReadonlyMap<string, TokenAccount>
}

export const NO_ACCOUNTS: Accounts = { users: new Map(), tokens: new Map() }

/** @throws Error that names the entry. */
export function parseAccounts (text: string): Accounts {
  const { users = {}, tokens = {} } = objectAt('the file', JSON.parse(text), ['users', 'tokens']) as { users?: Record<string, unknown>, tokens?: Record<string, unknown> }
  return {
    users: new Map(Object.entries(users).map(([name, entry]) => [name, grantOf(`users.${name}`, entry)])),
    tokens: new Map(Object.entries(tokens).map(([name, entry]) => [name, tokenOf(`tokens.${name}`, entry)]))
  }
}

export function printAccounts ({ users, tokens }: Accounts): string {
  const printed = {
    users: Object.fromEntries(Array.from(users, ([name, grant]) => [name, printGrant(grant)])),
    tokens: Object.fromEntries(Array.from(tokens, ([name, { sha256, expires, ...grant }]) =>
      [name, { sha256, ...printGrant(grant), ...expires && { expires: expires.toISOString() } }]))
  }
  return `${JSON.stringify(printed, null, 2)}\n`
}

function printGrant ({ role, rules }: Grant) {
  return { role, rules: rules.map(({ resource, pattern }) => `${resource}:${pattern}`) }
}

const OF_GRANTS = ['role', 'rules']
const OF_TOKENS = ['sha256', 'expires']

function grantOf (where: string, entry: unknown): Grant {
  const { role, rules = [] } = objectAt(where, entry, OF_GRANTS)
  if (typeof role !== 'string') throw new Error(`${where} has no role`)
  if (!Array.isArray(rules) || !rules.every(rule => typeof rule === 'string')) throw new Error(`${where}.rules is not a list of texts`)
  return { role: parseRole(role), rules: rules.map(parseAccessRule) }
}

function tokenOf (where: string, entry: unknown): TokenAccount {
  const { sha256, expires, ...grant } = objectAt(where, entry, [...OF_GRANTS, ...OF_TOKENS])
  if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256)) throw new Error(`${where}.sha256 is not a sha256 in hexadecimal`)
  if (expires === undefined) return { ...grantOf(where, grant), sha256 }
  const date = new Date(String(expires))
  if (Number.isNaN(date.getTime())) throw new Error(`${where}.expires is not a date`)
  return { ...grantOf(where, grant), sha256, expires: date }
}

/** Another member is a mistake: `rule` for `rules` would confine nobody, and `expire` would not end. */
function objectAt (where: string, entry: unknown, members: readonly string[]): Record<string, unknown> {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) throw new Error(`${where} is not an object`)
  const other = Object.keys(entry).find(name => !members.includes(name))
  if (other !== undefined) throw new Error(`${where} has ${JSON.stringify(other)}, which says nothing here: there may be ${members.join(', ')}`)
  return entry as Record<string, unknown>
}
