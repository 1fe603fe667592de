import { createHash, timingSafeEqual } from 'node:crypto'
import { Caller } from '../domain/caller.js'
import type { Accounts } from './accounts.js'
import type { Credentials } from './authorization.js'

/** Bearer tokens; also as the password of any user, for clients that know Basic only. */
export class TokenVerifier {
  readonly #accounts: () => Promise<Accounts>
  readonly #now: () => Date

  constructor (accounts: () => Promise<Accounts>, now: () => Date = () => new Date()) {
    this.#accounts = accounts
    this.#now = now
  }

  /** Undefined when it is none, or has expired. */
  async verify (credentials: Credentials): Promise<Caller | undefined> {
    const token = credentials.scheme === 'bearer' ? credentials.token : credentials.password
    const hash = createHash('sha256').update(token).digest()
    const { tokens } = await this.#accounts()
    for (const [name, { sha256, expires, ...grant }] of tokens) {
      if (!timingSafeEqual(Buffer.from(sha256, 'hex'), hash)) continue
      return expires !== undefined && expires <= this.#now() ? undefined : new Caller(name, grant, 'token')
    }
    return undefined
  }
}
