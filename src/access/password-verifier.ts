import { createHmac, randomBytes } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import { compare, getRounds, hash } from 'bcryptjs'
import { Caller } from '../domain/caller.js'
import type { Accounts } from './accounts.js'
import type { Credentials } from './authorization.js'
import type { Passwords } from './htpasswd.js'
import type { Verifier } from './verifier.js'
import type { WatchedFile } from './watched-file.js'

/** Bcrypt is slow on purpose; what it has said holds for so long, for the same files. */
const REMEMBERED_MS = 60_000
const MOST_REMEMBERED = 1000

/** Users of an htpasswd file. Whoever has no entry among the accounts may read. */
export class PasswordVerifier implements Verifier {
  readonly #passwords: WatchedFile<Passwords>
  readonly #accounts: () => Promise<Accounts>
  readonly #key = randomBytes(32)
  #dummy: { readonly passwords: Passwords, readonly made: Promise<string> } | undefined
  readonly #verified = new Map<string, { readonly passwords: Passwords, readonly until: number }>()
  readonly #looking = new Map<string, { readonly passwords: Passwords, readonly isRight: Promise<boolean> }>()
  #last: Promise<unknown> = Promise.resolve()

  constructor (passwords: WatchedFile<Passwords>, accounts: () => Promise<Accounts>) {
    this.#passwords = passwords
    this.#accounts = accounts
  }

  async verify (credentials: Credentials): Promise<Caller | undefined> {
    if (credentials.scheme !== 'basic') return undefined
    const { user, password } = credentials
    const [passwords, { users }] = await Promise.all([this.#passwords.content(), this.#accounts()])
    if (!await this.#isRight(passwords, user, password)) return undefined
    return new Caller(user, users.get(user) ?? { role: 'read', rules: [] }, 'user')
  }

  async #isRight (passwords: Passwords, user: string, password: string): Promise<boolean> {
    const key = createHmac('sha256', this.#key).update(`${user}\n${password}`).digest('base64')
    const known = this.#verified.get(key)
    if (known?.passwords === passwords && known.until > performance.now()) return true
    const looking = this.#looking.get(key)
    if (looking?.passwords === passwords) return await looking.isRight
    const isRight = this.#inTurn(async () => await this.#compare(passwords, user, password))
    const look = { passwords, isRight }
    this.#looking.set(key, look)
    try {
      if (!await isRight) return false
      this.#remember(key, passwords)
      return true
    } finally {
      if (this.#looking.get(key) === look) this.#looking.delete(key)
    }
  }

  /**
   * One after another: all take the same thread, and side by side each would take as long as all. A fleet that comes at
   * once with the same password, or after it was forgotten, is one.
   */
  async #inTurn (work: () => Promise<boolean>): Promise<boolean> {
    const turn = this.#last.then(work)
    this.#last = turn.catch(() => {})
    return await turn
  }

  async #compare (passwords: Passwords, user: string, password: string): Promise<boolean> {
    const own = passwords.get(user)
    return await compare(password, own ?? await this.#nobodys(passwords)) && own !== undefined
  }

  /** The hash of a password that nobody knows, so that an unknown user takes as long as a wrong password. */
  async #nobodys (passwords: Passwords): Promise<string> {
    const [first] = passwords.values()
    if (this.#dummy?.passwords !== passwords) {
      const made = hash(randomBytes(16).toString('hex'), first === undefined ? 10 : getRounds(first))
      this.#dummy = { passwords, made }
    }
    return await this.#dummy.made
  }

  #remember (key: string, passwords: Passwords): void {
    if (this.#verified.size >= MOST_REMEMBERED) this.#verified.delete(this.#verified.keys().next().value!)
    this.#verified.delete(key)
    this.#verified.set(key, { passwords, until: performance.now() + REMEMBERED_MS })
  }
}
