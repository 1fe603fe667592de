import { Caller, unauthorized } from '../domain/caller.js'
import { LeporelloError } from '../errors.js'
import { parseAccounts, NO_ACCOUNTS, type Accounts } from './accounts.js'
import { parseAuthorization, type BasicCredentials } from './authorization.js'
import { FailedAttempts } from './failed-attempts.js'
import { parseHtpasswd } from './htpasswd.js'
import { PasswordVerifier } from './password-verifier.js'
import { TokenVerifier } from './token-verifier.js'
import { WatchedFile } from './watched-file.js'

/** So many wrong passwords from one address are looked at in a minute, for one user and for all: each costs a while of bcrypt. */
const MOST_FAILURES_FOR_USER = 10
const MOST_FAILURES = 100

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
  readonly #tokens: TokenVerifier | undefined
  readonly #passwords: PasswordVerifier | undefined
  readonly #failuresForUser = new FailedAttempts(MOST_FAILURES_FOR_USER)
  readonly #failures = new FailedAttempts(MOST_FAILURES)

  constructor (options: GateOptions) {
    this.#options = options
    const { htpasswdFile, accountsFile } = options
    const watched = <T>(path: string | undefined, parse: (text: string) => T) =>
      path === undefined ? undefined : new WatchedFile(path, parse, error => options.onTrouble(path, error))
    const passwords = watched(htpasswdFile, parseHtpasswd)
    const file = watched(accountsFile, parseAccounts)
    const accounts = async (how?: { readonly now: boolean }): Promise<Accounts> => await file?.content(how) ?? NO_ACCOUNTS
    this.#files = [passwords, file].filter(file => file !== undefined)
    this.#tokens = file && new TokenVerifier(accounts)
    this.#passwords = passwords && new PasswordVerifier(passwords, accounts)
  }

  get isOpen (): boolean {
    return this.#tokens === undefined && this.#passwords === undefined
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
   * `address` is that of a host, or of the network that is one host's.
   *
   * @throws LeporelloError `UNAUTHORIZED`, `TOO_MANY_FAILURES`, `OVERLOADED`.
   */
  async caller (authorization: string | undefined, address: string): Promise<Caller> {
    if (this.isOpen) return Caller.anybody
    if (authorization === undefined) return this.#options.anonymousRead ? Caller.reader : Caller.nobody
    const credentials = parseAuthorization(authorization)
    if (credentials === undefined) throw unauthorized('the Authorization header is neither Basic nor Bearer credentials')
    // Nobody guesses a token, and one that is wrong costs nothing and must not keep the others of its machine out.
    const caller = await this.#tokens?.verify(credentials)
    if (caller !== undefined) return caller
    if (credentials.scheme === 'bearer' || this.#passwords === undefined) return refuse()
    return await this.#user(this.#passwords, credentials, address) ?? refuse()
  }

  /** What is being looked at counts as wrong until it is known: so many, and no more, of an address are on their way. */
  async #user (passwords: PasswordVerifier, credentials: BasicCredentials, address: string): Promise<Caller | undefined> {
    const source = `${address} ${credentials.user}`
    refuseFor(this.#failuresForUser.blockedFor(source))
    let isCounted = false
    let isWrong = false
    try {
      const caller = await passwords.verify(credentials, () => {
        // Also when it is refused unseen: or else what is known to be right could be guessed without end.
        this.#failuresForUser.add(source)
        refuseFor(this.#failures.blockedFor(address))
        this.#failures.add(address)
        isCounted = true
      })
      isWrong = caller === undefined
      if (isCounted && !isWrong) this.#failuresForUser.forget(source)
      return caller
    } finally {
      if (isCounted && !isWrong) {
        this.#failuresForUser.takeBack(source)
        this.#failures.takeBack(address)
      }
    }
  }
}

function refuseFor (seconds: number | undefined): void {
  if (seconds === undefined) return
  throw new LeporelloError('TOO_MANY_FAILURES', 'too many wrong credentials came from here; try again later', { retryAfterSeconds: seconds })
}

function refuse (): never {
  throw unauthorized('wrong user, password or token, or the token has expired')
}
