import { randomBytes } from 'node:crypto'
import type { Stats } from 'node:fs'
import { open, readFile, realpath, rename, rm, stat, type FileHandle } from 'node:fs/promises'
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
  const text = await orNone(readFile(file, 'utf8'))
  return text === undefined ? none : parse(text)
}

/**
 * Whoever may read it now may read it afterwards, whoever writes it: a service that may not goes on by what it has read before,
 * and somebody who was revoked would stay.
 */
async function write (path: string, text: string): Promise<void> {
  const file = await orNone(realpath(path)) ?? path
  const before = await orNone(stat(file))
  const temporary = `${file}.${randomBytes(6).toString('hex')}`
  const handle = await open(temporary, 'wx', 0o600)
  try {
    await handle.writeFile(text)
    if (before !== undefined) await keepOwner(handle, file, before)
    await handle.sync()
    await rename(temporary, file)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  } finally {
    await handle.close()
  }
}

async function keepOwner (handle: FileHandle, file: string, { uid, gid, mode }: Stats): Promise<void> {
  const made = await handle.stat()
  if (made.uid !== uid || made.gid !== gid) {
    await handle.chown(uid, gid).catch((error: NodeJS.ErrnoException) => {
      const message = `${file} is the user ${uid}'s and the group ${gid}'s, and would not be any more: change it as that user, or as root`
      throw Object.assign(new Error(message, { cause: error }), { code: error.code })
    })
  }
  await handle.chmod(mode & 0o777)
}

async function orNone<T> (found: Promise<T>): Promise<T | undefined> {
  return await found.catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
}
