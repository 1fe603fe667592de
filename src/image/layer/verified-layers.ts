import { quoted } from '../../domain/quoted.js'
import { LeporelloError } from '../../errors.js'
import type { ArchiveFile } from '../archive/archive-file.js'
import type { ImageLayer } from '../image-facts.js'

/** @throws LeporelloError when a layer could not be unpacked, or is not the one that the config names. */
export function verifiedLayers (files: readonly ArchiveFile[], diffIds: readonly string[]): ImageLayer[] {
  if (files.length !== diffIds.length) {
    throw new LeporelloError('IMAGE_METADATA_INVALID',
      `The image has ${files.length} layers, and its config names ${diffIds.length}`)
  }
  return files.map((file, index) => verifiedLayer(file, diffIds[index]!))
}

function verifiedLayer (file: ArchiveFile, expected: string): ImageLayer {
  const { name, size, offset, digest, layer } = file
  if (layer.flaw !== undefined) throw layer.flaw
  const diffId = layer.diffId ?? digest
  if (diffId !== expected) {
    throw new LeporelloError('IMAGE_CHECKSUM_MISMATCH',
      `The layer ${quoted(name)} is ${diffId}, where the image config names ${quoted(expected)}`)
  }
  return { diffId, digest, size, compression: layer.compression as ImageLayer['compression'], entry: name, offset }
}
