import { LeporelloError } from '../../errors.js'

const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG'])
const REFUSED = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EISDIR', 'ENAMETOOLONG', 'EXDEV'])

const RETRY_AFTER_SECONDS = 5

/** Says an error of the file system in the port's words; what is no such error passes unchanged. */
export function storeError (error: unknown, root: string): unknown {
  const code = codeOf(error)
  if (code === undefined) return error
  if (FULL.has(code)) {
    return new LeporelloError('STORE_FULL', `The folder for tarballs, ${root}, has no room left (${code}).`,
      { cause: error })
  }
  if (REFUSED.has(code)) {
    return new LeporelloError('STORE_REFUSED', `The folder for tarballs, ${root}, cannot be used (${code}): ` +
      'it must be a folder that this service may read and write, all of it on one file system.', { cause: error })
  }
  return new LeporelloError('STORE_UNAVAILABLE', `The folder for tarballs, ${root}, does not answer (${code}).`,
    { cause: error, retryAfterSeconds: RETRY_AFTER_SECONDS })
}

/** Whether the error says that there is no such file, be there a folder of that name, or a link that leads nowhere. */
export function isAbsent (error: unknown): boolean {
  const code = codeOf(error)
  return code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR' || code === 'ELOOP'
}

/** The name of the system call's error, e.g. `ENOENT`. */
export function codeOf (error: unknown): string | undefined {
  return error instanceof Error && 'syscall' in error && 'code' in error ? String(error.code) : undefined
}
