import { execFile } from 'node:child_process'
import { access, mkdir } from 'node:fs/promises'
import { homedir } from 'node:os'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'

/**
 * The path of a program in the cache folder of the engines, built by the Go toolchain on first use; `module` is what
 * `go install` takes.
 */
export async function goProgram (folderName: string, module: string): Promise<string> {
  const userCache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache')
  const folder = join(process.env['ENGINES'] ?? join(userCache, 'leporello-engines'), folderName)
  const program = join(folder, basename(module.replace(/@.*$/, '')))
  try {
    await access(program)
  } catch {
    await mkdir(folder, { recursive: true })
    await promisify(execFile)('go', ['install', module], { env: { ...process.env, GOBIN: folder } })
  }
  return program
}
