import { LeporelloError } from '../errors.js'
import { quoted } from './quoted.js'
import { matchesWildcard } from './wildcard.js'

/** Each may do what those before it may. */
export const ROLES = ['read', 'write', 'admin'] as const

export type Role = typeof ROLES[number]

export const RESOURCES = ['container', 'job_spec', 'hysds_io'] as const

export type Resource = typeof RESOURCES[number]

/** What of a kind somebody is concerned with: `container:container-foo:*`, the star standing for any characters. */
export interface AccessRule {
  readonly resource: Resource
  readonly pattern: string
}

/** What an account is for. */
export interface Grant {
  readonly role: Role
  /** Only what one of them covers may be read and written; empty: everything. */
  readonly rules: readonly AccessRule[]
}

/** @throws LeporelloError `PARAMETER_INVALID` unless it is a kind, a colon and a pattern. */
export function parseAccessRule (text: string): AccessRule {
  const colon = text.indexOf(':')
  const resource = RESOURCES.find(name => name === text.slice(0, colon))
  const pattern = text.slice(colon + 1)
  if (resource !== undefined && pattern !== '') return { resource, pattern }
  throw new LeporelloError('PARAMETER_INVALID',
    `a rule is one of ${RESOURCES.join(', ')}, a colon and a pattern such as container-foo:*, not ${quoted(text)}`, { details: { parameter: 'rule' } })
}

export function parseRole (text: string): Role {
  const role = ROLES.find(name => name === text)
  if (role !== undefined) return role
  throw new LeporelloError('PARAMETER_INVALID', `a role is one of ${ROLES.join(', ')}, not ${quoted(text)}`, { details: { parameter: 'role' } })
}

export type AccountKind = 'user' | 'token'

/** Who asks, and what they may. */
export class Caller {
  /** Everybody, where nobody is asked who they are. */
  static readonly anybody = new Caller('anonymous', { role: 'write', rules: [] })
  /** Who has not said who they are, where reading is free. */
  static readonly reader = new Caller('anonymous', { role: 'read', rules: [] })
  /** Who has not said who they are, where nothing is free. */
  static readonly nobody = new Caller('anonymous', undefined)

  readonly name: string
  /** Absent for who has not said who they are. */
  readonly account: AccountKind | undefined
  readonly #grant: Grant | undefined

  constructor (name: string, grant: Grant | undefined, account?: AccountKind) {
    this.name = name
    this.account = account
    this.#grant = grant
  }

  /** Whether they have not said who they are. A user may be called so, too. */
  get isAnonymous (): boolean {
    return this === Caller.anybody || this === Caller.reader || this === Caller.nobody
  }

  /** Whether nothing is kept from it that its role allows. */
  get isUnrestricted (): boolean {
    return this.#grant !== undefined && this.#grant.rules.length === 0
  }

  get isKnown (): boolean {
    return this.#grant !== undefined
  }

  has (role: Role): boolean {
    return this.#grant !== undefined && ROLES.indexOf(this.#grant.role) >= ROLES.indexOf(role)
  }

  may (role: Role, resource: Resource, id: string): boolean {
    return this.has(role) && (this.isUnrestricted || this.#covers(resource, id))
  }

  /** @throws LeporelloError `UNAUTHORIZED` when they have not said who they are, `FORBIDDEN` when they may not. */
  check (role: Role, resource: Resource, id: string): void {
    if (!this.may(role, resource, id)) throw this.#refusal(`${role} ${quoted(id)}`, { id })
  }

  /** As `check`, of what concerns no document of its own. */
  checkRole (role: Role): void {
    if (!this.has(role)) throw this.#refusal(`do what needs the role ${role}`, {})
  }

  /** Of what may concern any document. */
  checkEverything (): void {
    if (!this.isUnrestricted) throw this.#refusal('do what may concern any document', {})
  }

  #covers (resource: Resource, id: string): boolean {
    return this.#grant?.rules.some(rule => rule.resource === resource && matchesWildcard(rule.pattern, id)) === true
  }

  #refusal (what: string, details: object): LeporelloError {
    if (this.#grant === undefined) return unauthorized('this needs a user and password, or a token')
    return new LeporelloError('FORBIDDEN', `${this.name} may not ${what}`, { details: { ...details } })
  }
}

export function unauthorized (message: string): LeporelloError {
  return new LeporelloError('UNAUTHORIZED', message)
}
