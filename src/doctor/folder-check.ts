import type { Stats } from 'node:fs'
import { mkdtemp, rmdir, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { Findings, type Finding } from './finding.js'

/**
 * What keeps the doctor from trying a folder itself, nothing where it may. What another user's process makes in a folder
 * the service could not use afterwards, and so it is with one that is not there yet.
 */
export async function checkFolder (check: string, what: string, folder: string): Promise<readonly Finding[]> {
  const findings = new Findings(check)
  const path = resolve(folder)
  try {
    const found = await statOf(path)
    if (found === undefined) {
      await tryToMake(path)
      findings.ok(`${what} is not there yet; the service makes it`)
    } else if (process.getuid !== undefined && found.uid !== process.getuid()) {
      findings.warning(`${what} belongs to another user, so it was not written to`, 'run leporello doctor as the user who runs the service')
    }
  } catch (error) {
    findings.wrong(`${what}, ${path}, cannot be used: ${(error as Error).message}`,
      'make it and give it to the user who runs the service, or name another one')
  }
  return findings.all
}

/** Makes another folder where the first one that is missing would be, and removes it again. */
async function tryToMake (path: string): Promise<void> {
  const parent = dirname(path)
  if (await statOf(parent) === undefined) return await tryToMake(parent)
  const made = await mkdtemp(join(parent, '.leporello-doctor-')).catch((error: NodeJS.ErrnoException) => {
    throw new Error(`it is not there, and no folder can be made in ${parent} (${error.code ?? error.message})`)
  })
  await rmdir(made)
}

/** Undefined where there is none; not to be allowed to look is an error. */
async function statOf (path: string): Promise<Stats | undefined> {
  return await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
    return undefined
  })
}
