import { mkdir, open, readdir, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf, isAbsent } from './store-error.js'

const ATTEMPTS = 5

/** Makes the folder and does the work in it, again when a removal next door has taken the empty folder away. */
export async function inFolder<Result> (folder: string, work: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      await mkdir(folder, { recursive: true })
      return await work()
    } catch (error) {
      if (codeOf(error) !== 'ENOENT' || attempt === ATTEMPTS) throw error
    }
  }
}

/** Makes the names in these folders outlive a power failure. */
export async function syncFolders (folders: readonly string[]): Promise<void> {
  for (const name of folders) {
    const folder = await open(name)
    await folder.sync().finally(() => folder.close())
  }
}

/** Removes those that are empty; the innermost are to be named first. */
export async function removeEmptyFolders (folders: readonly string[]): Promise<void> {
  for (const folder of folders) {
    // One that is not empty, or is gone, is as it should be.
    await rmdir(folder).catch(() => {})
  }
}

/** The names of the files in a folder, none if there is no folder. */
export async function filesIn (folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(ignoreAbsent) ?? []
  return entries.filter(entry => entry.isFile()).map(entry => join(folder, entry.name))
}

/** Takes the error that there is no such file for `undefined`. */
export function ignoreAbsent (error: unknown): undefined {
  if (!isAbsent(error)) throw error
}
