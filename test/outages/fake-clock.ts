import { existsSync, readdirSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Test } from 'tap'
import { temporaryFolder } from '../app.js'

const LIBRARIES = '/usr/lib'

const library = readdirSync(LIBRARIES).map(folder => join(LIBRARIES, folder, 'faketime', 'libfaketime.so.1')).find(file => existsSync(file))

/** The reason to skip what needs another clock; with `CI` set it fails instead. */
export const skip = library === undefined && process.env['CI'] === undefined && 'no clock can be set for one process: there is no libfaketime (Debian: faketime)'

/** The wall clock of the processes that have its environment; their monotonic one goes on as ever. */
export class FakeClock {
  readonly env: Readonly<Record<string, string>>
  readonly #file: string

  private constructor (file: string) {
    this.#file = file
    this.env = { LD_PRELOAD: library ?? '', FAKETIME_TIMESTAMP_FILE: file, FAKETIME_NO_CACHE: '1', DONT_FAKE_MONOTONIC: '1' }
  }

  static async wind (t: Test): Promise<FakeClock> {
    const clock = new FakeClock(join(await temporaryFolder(t), 'offset'))
    await clock.jump(0)
    return clock
  }

  /** From now on it is off by so many days. */
  async jump (days: number): Promise<void> {
    await writeFile(this.#file, `${days < 0 ? '-' : '+'}${Math.abs(days)}d\n`)
  }
}
