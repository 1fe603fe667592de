import { constants } from 'node:os'
import { LeporelloError } from '../../errors.js'

const MDB_MAP_FULL = -30792

/** What lmdb throws with when there is no room: the system's numbers for disk, quota and file size, and its own. */
const NO_ROOM: readonly unknown[] = [
  constants.errno.ENOSPC, constants.errno.EDQUOT, constants.errno.EFBIG, MDB_MAP_FULL
]

export function closed (path: string): LeporelloError {
  return new LeporelloError('INDEX_UNAVAILABLE', `The index ${path} is closed.`)
}

export function notOpened (path: string, cause: unknown): LeporelloError {
  return new LeporelloError('INDEX_UNAVAILABLE', `The index ${path} cannot be opened: ${reasonOf(cause)}.`, { cause })
}

export function notRead (path: string, cause: unknown): LeporelloError {
  return new LeporelloError('INDEX_UNAVAILABLE', `The index ${path} cannot be read: ${reasonOf(cause)}.`, { cause })
}

export function notWritten (path: string, cause: unknown): LeporelloError {
  if (cause instanceof LeporelloError) return cause
  const code = NO_ROOM.includes((cause as { code?: unknown }).code) ? 'INDEX_FULL' : 'INDEX_UNAVAILABLE'
  return new LeporelloError(code, `The index ${path} cannot be written: ${reasonOf(cause)}.`, { cause })
}

export function late (path: string): LeporelloError {
  return new LeporelloError(
    'INDEX_UNAVAILABLE', `The index ${path} was busy until the request's deadline; nothing was written.`, { retryAfterSeconds: 1 }
  )
}

/** The reason inside whatever lmdb or the file system threw, without a full stop. */
function reasonOf (error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/\.$/, '')
}
