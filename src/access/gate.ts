import { Caller, unauthorized } from '../domain/caller.js'
import { LeporelloError } from '../errors.js'
import { parseAccounts, NO_ACCOUNTS, type Accounts } from './accounts.js'
import { parseAuthorization, type Credentials } from './authorization.js'
import { FailedAttempts } from './failed-attempts.js'
import { parseHtpasswd } from './htpasswd.js'
import { PasswordVerifier } from './password-verifier.js'
import { TokenVerifier } from './token-verifier.js'
import type { Verifier } from './verifier.js'
import { WatchedFile } from './watched-file.js'

export interface GateOptions {
  /** Paths; with neither, nobody is asked who they are. */
  readonly htpasswdFile: string | undefined
  readonly accountsFile: string | undefined
  /** Whether everything may be read by those who do not say who they are. */
  readonly anonymousRead: boolean
  /** A file that is there and cannot be used any more: what it said before still holds. */
  readonly onTrouble: (file: string, error: Error) => void
}

/** Finds out who sends a request, before anything of its body is read. */
export class Gate {
  readonly #options: GateOptions
  readonly #files: ReadonlyArray<WatchedFile<unknown>>
  readonly #verifiers: readonly Verifier[]
  readonly #failures = new FailedAttempts()

  constructor (options: GateOptions) {
    this.#options = options
    const { htpasswdFile, accountsFile } = options
    const watched = <T>(path: string | undefined, parse: (text: string) => T) =>
      path === undefined ? undefined : new WatchedFile(path, parse, error => options.onTrouble(path, error))
    const passwords = watched(htpasswdFile, parseHtpasswd)
    const file = watched(accountsFile, parseAccounts)
    const accounts = async (): Promise<Accounts> => await file?.content() ?? NO_ACCOUNTS
    this.#files = [passwords, file].filter(file => file !== undefined)
    this.#verifiers = [
      // A token is cheaper to look at than a password.
      ...file === undefined ? [] : [new TokenVerifier(accounts)],
      ...passwords === undefined ? [] : [new PasswordVerifier(passwords, accounts)]
    ]
  }

  get isOpen (): boolean {
    return this.#verifiers.length === 0
  }

  /** Rejects with an Error that names the file when one cannot be used. */
  async check (): Promise<void> {
    for (const file of this.#files) {
      await file.content().catch((error: Error) => { throw new Error(`${file.path} cannot be used: ${error.message}`) })
    }
  }

  /**
   * Who it is. Wrong credentials are refused also where none are needed: whoever sends them means to be somebody.
   *
   * @throws LeporelloError `UNAUTHORIZED`, `TOO_MANY_FAILURES`.
   */
  async caller (authorization: string | undefined, address: string): Promise<Caller> {
    if (this.isOpen) return Caller.anybody
    if (authorization === undefined) return this.#options.anonymousRead ? Caller.reader : Caller.nobody
    const credentials = parseAuthorization(authorization)
    if (credentials === undefined) throw unauthorized('the Authorization header is neither Basic nor Bearer credentials')
    // Nobody guesses a token, and one that is wrong must not keep the others of its machine out.
    if (credentials.scheme === 'bearer') return await this.#verified(credentials) ?? refuse()
    const source = `${address} ${credentials.user}`
    const seconds = this.#failures.blockedFor(source)
    if (seconds !== undefined) {
      throw new LeporelloError('TOO_MANY_FAILURES', 'too many wrong credentials came from here; try again later', { retryAfterSeconds: seconds })
    }
    const caller = await this.#verified(credentials)
    if (caller === undefined) {
      this.#failures.add(source)
      return refuse()
    }
    this.#failures.forget(source)
    return caller
  }

  async #verified (credentials: Credentials): Promise<Caller | undefined> {
    for (const verifier of this.#verifiers) {
      const caller = await verifier.verify(credentials)
      if (caller !== undefined) return caller
    }
    return undefined
  }
}

function refuse (): never {
  throw unauthorized('wrong user, password or token, or the token has expired')
}
