import { createGunzip } from 'node:zlib'
import type { Gunzip } from 'node:zlib'
import { LeporelloError } from '../../errors.js'

const CHUNK_BYTES = 1024 * 1024
const AHEAD_BYTES = 2 * 1024 * 1024

/** Inflates gzip of any number of members on the thread pool, ahead of its reader as far as a few chunks. */
export function openGunzip (): Gunzip {
  return createGunzip({ chunkSize: CHUNK_BYTES, readableHighWaterMark: AHEAD_BYTES } as { chunkSize: number })
}

/** What an error of zlib means for the file; `what` begins the sentence: "The file". */
export function gunzipRefusal (what: string, error: NodeJS.ErrnoException): LeporelloError {
  return error.code === 'Z_BUF_ERROR'
    ? new LeporelloError('IMAGE_TRUNCATED', `${what} ends in the middle of its gzip data`, { cause: error })
    : new LeporelloError('IMAGE_CORRUPT', `${what} is not sound gzip: ${error.message}`, { cause: error })
}
