import { anyBytes } from '../contracts/bytes.js'
import { baseLayer, podmanArchive, sampleImage } from '../image/support/sample-image.js'
import { tar } from '../image/support/tar-writer.js'

export const MIB = 1024 * 1024

/** So many random bytes are never given twice. */
const LEAST_BYTES = 16

/** An image's tarball that is a little larger than so many MiB, uncompressed; no other call has given its bytes. */
export function tarballOf (name: string, { architecture = 'amd64', mebibytes = 0 } = {}): Buffer {
  const filler = tar([{ name: 'usr/share/filler', content: anyBytes(Math.max(LEAST_BYTES, mebibytes * MIB)) }])
  return tar(podmanArchive(sampleImage({ architecture, layers: [baseLayer([architecture]), filler] }), name))
}
