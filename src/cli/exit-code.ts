import { ApiError, ProxyError, UnreachableError } from '../client/errors.js'
import { ConfigError } from '../config.js'
import { LeporelloError } from '../errors.js'
import { LoadError } from '../load/load-error.js'

/** How commands end. A promise to scripts: the README lists them. */
export const EXIT = {
  done: 0,
  /** At work: a disk, a program, an engine, the catalogue's backends. */
  failed: 1,
  /** The command line or the environment cannot be used. */
  usage: 2,
  /** By the service, or because an image is not what it says. */
  refused: 3,
  notFound: 4,
  /** The service does not answer, or cannot serve just now: later may be better. */
  unreachable: 5
} as const

export type ExitCode = typeof EXIT[keyof typeof EXIT]

/** The command line asks for something that cannot be done. */
export class UsageError extends Error {}

export function exitCodeOf (error: unknown): ExitCode {
  if ([UsageError, ConfigError, ProxyError].some(kind => error instanceof kind)) return EXIT.usage
  if (error instanceof UnreachableError) return EXIT.unreachable
  if (error instanceof ApiError) return ofStatus(error)
  if (error instanceof LoadError) return OF_LOADING[error.kind]
  return error instanceof LeporelloError && error.code.startsWith('IMAGE_') ? EXIT.refused : EXIT.failed
}

const OF_LOADING = { failed: EXIT.failed, 'not-found': EXIT.notFound, unreachable: EXIT.unreachable }

function ofStatus ({ status, code }: ApiError): ExitCode {
  // Without a code nobody of ours has looked.
  if (status === 404) return code === undefined ? EXIT.unreachable : EXIT.notFound
  return status >= 400 && status < 500 ? EXIT.refused : EXIT.unreachable
}
