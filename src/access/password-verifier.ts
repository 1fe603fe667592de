import { createHmac, randomBytes } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import { Caller, type Grant } from '../domain/caller.js'
import type { Accounts } from './accounts.js'
import type { BasicCredentials } from './authorization.js'
import { Comparisons } from './comparisons.js'
import { nobodysHash, type Passwords } from './htpasswd.js'
import type { WatchedFile } from './watched-file.js'

/** Bcrypt is slow on purpose; what it has said holds for so long, for the same files. */
const REMEMBERED_MS = 60_000
const MOST_REMEMBERED = 1000

interface Comparison {
  readonly passwords: Passwords
  readonly isRight: Promise<boolean>
}

export type ReadAccounts = (how?: { readonly now: boolean }) => Promise<Accounts>

/** Users of an htpasswd file. Whoever has no entry among the accounts may read. */
export class PasswordVerifier {
  readonly #passwords: WatchedFile<Passwords>
  readonly #accounts: ReadAccounts
  readonly #key = randomBytes(32)
  readonly #comparisons = new Comparisons()
  readonly #running = new Map<string, Comparison>()
  readonly #verified = new Map<string, { readonly passwords: Passwords, readonly until: number }>()

  constructor (passwords: WatchedFile<Passwords>, accounts: ReadAccounts) {
    this.#passwords = passwords
    this.#accounts = accounts
  }

  /**
   * Undefined when they are wrong. `beforeWork` is called when it takes work to tell, and may throw to refuse that; those
   * that were right a moment ago, or are being looked at already, take none.
   */
  async verify ({ user, password }: BasicCredentials, beforeWork: () => void): Promise<Caller | undefined> {
    const [passwords, { users }] = await Promise.all([this.#passwords.content(), this.#accounts()])
    if (!await this.#isRight(passwords, user, password, beforeWork)) return undefined
    const grant = users.get(user) ?? await this.#grantOfStranger(user, passwords)
    return grant && new Caller(user, grant, 'user')
  }

  /**
   * The two files are read at different times, and neither says all. Who is new has an entry before a password, and who is
   * revoked has no password before they have no entry: so the one is looked at again, and after it the other.
   */
  async #grantOfStranger (user: string, passwords: Passwords): Promise<Grant | undefined> {
    const { users } = await this.#accounts({ now: true })
    const later = await this.#passwords.content({ now: true })
    const isStill = later === passwords || later.get(user) === passwords.get(user)
    return isStill ? users.get(user) ?? { role: 'read', rules: [] } : undefined
  }

  async #isRight (passwords: Passwords, user: string, password: string, beforeWork: () => void): Promise<boolean> {
    // Nothing that the one may hold can stand for the end of it: a part of a password must not be taken for a part of a name.
    const key = this.#hash(JSON.stringify([user, password])).toString('base64')
    const known = this.#verified.get(key)
    if (known?.passwords === passwords && known.until > performance.now()) return true
    const running = this.#running.get(key)
    if (running?.passwords === passwords) return await running.isRight
    beforeWork()
    const comparison = { passwords, isRight: this.#compare(passwords, user, password) }
    this.#running.set(key, comparison)
    try {
      const isRight = await comparison.isRight
      if (isRight) this.#remember(key, passwords)
      return isRight
    } finally {
      if (this.#running.get(key) === comparison) this.#running.delete(key)
    }
  }

  /** An unknown user takes as long as a wrong password: one hash of the file, always the same, says how long that is. */
  async #compare (passwords: Passwords, user: string, password: string): Promise<boolean> {
    const own = passwords.get(user)
    const isRight = await this.#comparisons.compare(password, own ?? nobodysHash(passwords, this.#hash(user).readUInt32BE()))
    return isRight && own !== undefined
  }

  #hash (text: string): Buffer {
    return createHmac('sha256', this.#key).update(text).digest()
  }

  #remember (key: string, passwords: Passwords): void {
    if (this.#verified.size >= MOST_REMEMBERED) this.#verified.delete(this.#verified.keys().next().value!)
    this.#verified.delete(key)
    this.#verified.set(key, { passwords, until: performance.now() + REMEMBERED_MS })
  }
}
