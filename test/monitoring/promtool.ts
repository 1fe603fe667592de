import { execFile, spawnSync } from 'node:child_process'
import { promisify } from 'node:util'

const isThere = spawnSync('promtool', ['--version']).status === 0

/** Why promtool is not asked; with `CI` set its absence is a failure instead. */
export const skip = !isThere && process.env['CI'] === undefined && 'promtool is not installed (Debian has it in the package prometheus)'

/** Resolves to what promtool said, and whether it was content. */
export async function promtool (...args: string[]): Promise<{ readonly isContent: boolean, readonly said: string }> {
  try {
    const { stdout, stderr } = await promisify(execFile)('promtool', args)
    return { isContent: true, said: stdout + stderr }
  } catch (error) {
    const { stdout = '', stderr = '', message } = error as { stdout?: string, stderr?: string, message: string }
    return { isContent: false, said: stdout + stderr || message }
  }
}
