import { execFile, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** The reason to skip what needs Python's requests; false when they are there, and where CI installs them. */
export function lackingRequests (): string | false {
  const isThere = spawnSync('python3', ['-c', 'import requests']).status === 0
  return !isThere && process.env['CI'] === undefined && 'python3 with requests is not here (pip install requests)'
}

const CACHE = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'leporello-python')

/**
 * Resolves to the Python of a virtual environment with these packages (`name==version`), which is made in the user's
 * cache folder when it is missing. Rejects where python3 cannot make one, or pip cannot fetch them.
 */
export async function pythonWith (packages: readonly string[]): Promise<string> {
  const folder = join(CACHE, packages.join('+'))
  const python = join(folder, 'bin', 'python')
  if (existsSync(python)) return python
  await mkdir(CACHE, { recursive: true })
  const unfinished = await mkdtemp(`${folder}.`)
  try {
    await promisify(execFile)('python3', ['-m', 'venv', unfinished])
    await promisify(execFile)(join(unfinished, 'bin', 'python'), ['-m', 'pip', 'install', '--quiet', ...packages])
    await rename(unfinished, folder)
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true })
    // Another test may have finished the same one meanwhile.
    if (!existsSync(python)) throw error
  }
  return python
}
