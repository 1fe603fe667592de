import { Readable } from 'node:stream'
import { LeporelloError } from '../../../src/errors.js'
import type { ImageFacts } from '../../../src/image/image-facts.js'
import type { ImageRequest } from '../../../src/image/image-request.js'
import { verifyImage } from '../../../src/image/verify-image.js'

/** Verifies a file that is in memory, in chunks as a socket would deliver them. */
export async function verify (file: Buffer, request: ImageRequest = {}, chunkBytes = 64 * 1024): Promise<ImageFacts> {
  const chunks = Array.from({ length: Math.ceil(file.length / chunkBytes) },
    (_, index) => file.subarray(index * chunkBytes, (index + 1) * chunkBytes))
  return await verifyImage(Readable.from(chunks), request)
}

/** The refusal of a file; an error when it is accepted, or fails in another way. */
export async function refusal (file: Buffer, request: ImageRequest = {}): Promise<LeporelloError> {
  try {
    await verify(file, request)
  } catch (error) {
    if (error instanceof LeporelloError) return error
    throw error
  }
  throw new Error('the file was accepted')
}
