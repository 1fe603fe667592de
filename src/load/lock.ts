import { mkdir, open, rm, stat, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { tryLock, waitForLock } from 'fs-native-extensions'

export interface Lock {
  release (): Promise<void>
}

/**
 * Locks of one folder, by name, between all processes of the host. They are the operating system's: one that dies in any
 * way has let go of them, and nothing is left that could be taken for a lock.
 */
export class Locks {
  readonly #folder: string

  constructor (folder: string) {
    this.#folder = folder
  }

  /** Takes the lock, calling `onWait` when another process has it. */
  async take (name: string, onWait: () => void = () => {}): Promise<Lock> {
    for (let waited = false; ;) {
      const file = await this.#open(name)
      try {
        if (!tryLock(file.fd)) {
          if (!waited) onWait()
          waited = true
          await waitForLock(file.fd)
        }
        if (await this.#isCurrent(name, file)) return this.#held(name, file)
      } catch (error) {
        await file.close()
        throw error
      }
      // Whoever had it has removed the file since it was opened: another may have made a new one.
      await file.close()
    }
  }

  /** The lock if nobody has it. */
  async tryToTake (name: string): Promise<Lock | undefined> {
    const file = await this.#open(name)
    if (tryLock(file.fd) && await this.#isCurrent(name, file)) return this.#held(name, file)
    await file.close()
    return undefined
  }

  async #open (name: string): Promise<FileHandle> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    return await open(this.#path(name), 'a')
  }

  async #isCurrent (name: string, file: FileHandle): Promise<boolean> {
    const [mine, current] = await Promise.all([file.stat(), stat(this.#path(name)).catch(() => undefined)])
    return current !== undefined && mine.ino === current.ino && mine.dev === current.dev
  }

  #held (name: string, file: FileHandle): Lock {
    return {
      release: async () => {
        await rm(this.#path(name), { force: true })
        await file.close()
      }
    }
  }

  #path (name: string): string {
    return join(this.#folder, `${name}.lock`)
  }
}
