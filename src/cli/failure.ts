import { ApiError, UnreachableError } from '../client/errors.js'
import { ConfigError } from '../config.js'
import { withoutSecrets } from '../domain/userinfo.js'
import { LeporelloError } from '../errors.js'
import { LoadError } from '../load/load-error.js'
import { exitCodeOf, UsageError } from './exit-code.js'
import { printJson } from './output.js'

/**
 * Runs `work`; if it fails, says why on stderr, without a stack where a person can act on it, and sets the exit code.
 * With `json` the failure is a document on stdout as well. No secret of a url is told.
 */
export async function explained (work: () => Promise<void>, { json = false }: { readonly json?: boolean | undefined } = {}): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (json) printJson({ error: described(error) })
    process.stderr.write(`${withoutSecrets(explain(error)).replace(/^/gm, 'leporello: ')}\n`)
    process.exitCode = exitCodeOf(error)
  }
}

function explain (error: unknown): string {
  if ([ConfigError, LeporelloError, ApiError, UnreachableError, LoadError, UsageError].some(kind => error instanceof kind)) return (error as Error).message
  const { code, message, stack } = error as NodeJS.ErrnoException
  // What the operating system refuses (a port in use, a missing file) is explained by its message alone.
  return code !== undefined ? message : stack ?? message
}

function described (error: unknown): object {
  const { code = null, message, details = {} } = error as Error & { code?: string, details?: object }
  return { code, message: withoutSecrets(message), details, status: error instanceof ApiError ? error.status : null }
}
