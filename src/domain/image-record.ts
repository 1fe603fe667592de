import { parseArchitecture, type Architecture } from './architecture.js'
import { baseNameOf } from './image-url.js'

/**
 * What is known of the image of one architecture, as it stands in a container's document under `images`; where it lies
 * stands in `urls` alone, since `sds pkg` rewrites that. At most 1 KiB of JSON.
 */
export interface ImageRecord {
  readonly architecture: Architecture
  /** As the image's config states it; absent for most. */
  readonly variant?: string
  /** The base name of the url it belongs to: it counts only while `urls` names that file. */
  readonly file: string
  /** Digest of the config: what `docker inspect .Id` says, unless containerd stores the images. */
  readonly image_id?: string
  /** By which an engine may know the image, the image id first; at most six. */
  readonly digests: readonly string[]
  /** Of the tarball: hexadecimal sha256, and bytes. Absent where nobody here has seen the tarball. */
  readonly sha256?: string
  readonly size?: number
  /** The version it was registered with. */
  readonly version: string
  /** Whether everything was proved; false where `verify=lenient` let something pass, or nothing was looked at. */
  readonly verified: boolean
}

/**
 * The records of a stored document that count, whoever wrote it: those that are whole and whose file is the one that
 * `urlOf` gives for their architecture.
 */
export function imageRecordsOf (
  images: unknown, urlOf: (architecture: Architecture) => string | undefined
): ImageRecord[] {
  if (!Array.isArray(images)) return []
  return images.filter(isRecord).filter(({ architecture, file }) => {
    const url = urlOf(architecture)
    return url !== undefined && baseNameOf(url) === file
  })
}

function isRecord (value: unknown): value is ImageRecord {
  if (typeof value !== 'object' || value === null) return false
  const record = value as Record<string, unknown>
  const { architecture, variant = '', file, image_id: id = '', digests, sha256 = '', size = 0, version, verified } = record
  return isArchitecture(architecture) && [variant, file, id, sha256, version].every(text => typeof text === 'string') &&
    Array.isArray(digests) && digests.every(digest => typeof digest === 'string') &&
    Number.isSafeInteger(size) && typeof verified === 'boolean'
}

function isArchitecture (value: unknown): value is Architecture {
  try {
    return typeof value === 'string' && parseArchitecture(value) === value
  } catch {
    return false
  }
}
