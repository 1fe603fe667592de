import { totalmem } from 'node:os'
import type { Config } from '../config.js'
import { readableSize } from '../domain/readable-size.js'
import { Findings, type Finding } from './finding.js'

/** Of the process when nothing is uploaded. */
const OWN_BYTES = 110e6

/** Of an upload, beside the buffers for parts: its verifier and what is on its way. Measured with 16 at once: 7 to 13 MB. */
const UPLOAD_BYTES = 20e6

/** Whether the buffers for uploads fit into the memory that the process may have. */
export function checkMemory ({ store: { place }, uploads: { maxAtOnce } }: Config, available = availableBytes()): readonly Finding[] {
  const findings = new Findings('memory')
  const needed = OWN_BYTES + UPLOAD_BYTES * maxAtOnce + (place.kind === 's3' ? place.partBufferBytes : 0)
  const message = `${readableSize(available)} of memory may be used, and uploads may take the service to ${readableSize(needed)}`
  if (available >= needed) findings.ok(message)
  else findings.warning(message, place.kind === 's3' ? 'lower LEPORELLO_S3_BUFFER_BYTES or LEPORELLO_UPLOADS, or give it more' : 'lower LEPORELLO_UPLOADS, or give it more')
  return findings.all
}

/** What a container or a unit may have, else what the machine has. */
function availableBytes (): number {
  const limit = process.constrainedMemory()
  return limit > 0 && limit < totalmem() ? limit : totalmem()
}
