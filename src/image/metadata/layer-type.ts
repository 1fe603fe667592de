import { quoted } from '../../domain/quoted.js'
import { LeporelloError } from '../../errors.js'
import type { Descriptor } from './descriptor.js'

const LAYER_TYPES = [
  /^application\/vnd\.oci\.image\.layer(?:\.nondistributable)?\.v1\.tar(?:\+(gzip|zstd))?$/,
  /^application\/vnd\.docker\.image\.rootfs(?:\.foreign)?\.diff\.tar(?:\.(gzip|zstd))?$/
]

/**
 * Verifies that a layer is called one: podman unpacks whatever it is, containerd leaves out what it does not know, and
 * decompresses only what is said to be compressed.
 */
export function verifyLayerType ({ mediaType, digest }: Descriptor, compression: string): void {
  const match = LAYER_TYPES.map(type => type.exec(mediaType)).find(found => found !== null)
  if (match === undefined) {
    throw new LeporelloError('IMAGE_METADATA_INVALID',
      `The layer ${digest} has the media type ${quoted(mediaType)}, which is not one of layers`)
  }
  if (match[1] === undefined && compression !== 'none') {
    throw new LeporelloError('IMAGE_AMBIGUOUS', `The layer ${digest} is compressed with ${compression} where its ` +
      `media type ${quoted(mediaType)} says it is not: some programs would not decompress it`)
  }
}
