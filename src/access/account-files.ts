import { randomBytes } from 'node:crypto'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { NO_ACCOUNTS, parseAccounts, printAccounts, type Accounts } from './accounts.js'
import { parseHtpasswd, printHtpasswd, type Passwords } from './htpasswd.js'

/** The two files of accounts, for those who change them. Whoever reads them meanwhile sees the old ones or the new ones. */
export class AccountFiles {
  readonly #htpasswdFile: string
  readonly #accountsFile: string

  constructor (htpasswdFile: string, accountsFile: string) {
    this.#htpasswdFile = htpasswdFile
    this.#accountsFile = accountsFile
  }

  /** None where there is no file. */
  async passwords (): Promise<Passwords> {
    return await read(this.#htpasswdFile, parseHtpasswd, new Map())
  }

  async accounts (): Promise<Accounts> {
    return await read(this.#accountsFile, parseAccounts, NO_ACCOUNTS)
  }

  async writePasswords (passwords: Passwords): Promise<void> {
    await write(this.#htpasswdFile, printHtpasswd(passwords))
  }

  async writeAccounts (accounts: Accounts): Promise<void> {
    await write(this.#accountsFile, printAccounts(accounts))
  }
}

async function read<T> (file: string, parse: (text: string) => T, none: T): Promise<T> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  return text === undefined ? none : parse(text)
}

async function write (file: string, text: string): Promise<void> {
  const temporary = `${file}.${randomBytes(6).toString('hex')}`
  await writeFile(temporary, text, { mode: 0o600, flush: true })
  await rename(temporary, file)
}
