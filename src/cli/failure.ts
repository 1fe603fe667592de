import { ConfigError } from '../config.js'
import { LeporelloError } from '../errors.js'

/** The environment or the command line cannot be used; apart from a failure at work, which is 1. */
const EXIT_USAGE = 2

/** Runs `work`; if it fails, says why on stderr, without a stack where a person can act on it, and sets the exit code. */
export async function explained (work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    process.stderr.write(`${explain(error).replace(/^/gm, 'leporello: ')}\n`)
    process.exitCode = error instanceof ConfigError ? EXIT_USAGE : 1
  }
}

function explain (error: unknown): string {
  if (error instanceof ConfigError || error instanceof LeporelloError) return error.message
  const { code, message, stack } = error as NodeJS.ErrnoException
  // What the operating system refuses (a port in use, a missing file) is explained by its message alone.
  return code !== undefined ? message : stack ?? message
}
