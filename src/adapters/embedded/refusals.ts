import { statfs } from 'node:fs/promises'
import { constants } from 'node:os'
import { dirname } from 'node:path'
import { LeporelloError } from '../../errors.js'

const { ENOSPC, EDQUOT, EFBIG, EIO } = constants.errno
const MDB_MAP_FULL = -30792

/** What lmdb's errors are numbered when there is no room. */
const NO_ROOM: readonly unknown[] = [ENOSPC, EDQUOT, EFBIG, MDB_MAP_FULL]

/** With fewer bytes left a disk counts as full. */
const LITTLE = 2 ** 20

export function closed (path: string): LeporelloError {
  return new LeporelloError('INDEX_UNAVAILABLE', `The index ${path} is closed.`)
}

export function notFound (path: string, name: string): LeporelloError {
  return new LeporelloError('INDEX_UNAVAILABLE', `The index ${path} holds no other programs' documents, and so no "${name}".`)
}

export function notOpened (path: string, cause: unknown): LeporelloError {
  return new LeporelloError('INDEX_UNAVAILABLE', `The index ${path} cannot be opened: ${reasonOf(cause)}.`, { cause })
}

export function notRead (path: string, cause: unknown): LeporelloError {
  return new LeporelloError('INDEX_UNAVAILABLE', `The index ${path} cannot be read: ${reasonOf(cause)}.`, { cause })
}

export async function notWritten (path: string, cause: unknown): Promise<LeporelloError> {
  if (cause instanceof LeporelloError) return cause
  const full = await isForLackOfRoom(path, (cause as { code?: unknown }).code)
  const reason = full ? 'there is no room on its disk' : reasonOf(cause)
  const code = full ? 'INDEX_FULL' : 'INDEX_UNAVAILABLE'
  return new LeporelloError(code, `The index ${path} cannot be written: ${reason}.`, { cause })
}

export function late (path: string): LeporelloError {
  const message = `The index ${path} was busy until the request's deadline; nothing was written.`
  return new LeporelloError('INDEX_UNAVAILABLE', message, { retryAfterSeconds: 1 })
}

/** LMDB calls it an input/output error when only a part of its pages found room. */
async function isForLackOfRoom (path: string, code: unknown): Promise<boolean> {
  if (code !== EIO) return NO_ROOM.includes(code)
  const disk = await statfs(dirname(path)).catch(() => undefined)
  return disk !== undefined && disk.bavail * disk.bsize < LITTLE
}

/** The reason inside whatever lmdb or the file system threw, without a full stop. */
function reasonOf (error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/\.$/, '')
}
