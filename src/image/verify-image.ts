import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ImageFacts } from './image-facts.js'
import type { ImageRequest } from './image-request.js'
import { ImageVerifier } from './image-verifier.js'

/**
 * Verifies an image tarball that goes nowhere else.
 *
 * @throws LeporelloError the refusal; the source's own error when it fails.
 */
export async function verifyImage (
  source: AsyncIterable<Uint8Array>, request: ImageRequest = {}
): Promise<ImageFacts> {
  const verifier = new ImageVerifier(request)
  await pipeline(source instanceof Readable ? source : Readable.from(source, { objectMode: false }), verifier.resume())
  return await verifier.facts
}
