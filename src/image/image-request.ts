import type { Architecture } from '../domain/architecture.js'
import type { ImageLimits } from './limits.js'

/** What an image tarball is held against. */
export interface ImageRequest {
  /** What the image is said to run on; without it, whatever its config says. */
  readonly architecture?: Architecture | undefined
  /** A digest that must be one of the image's, in any form that `parseDigest` accepts. */
  readonly digest?: string | undefined
  /** The reference by which workers will look for the loaded image; it must be a repo tag of the archive. */
  readonly name?: string | undefined
  /** Makes warnings of findings about names and binaries. Integrity is never lenient. */
  readonly lenient?: boolean | undefined
  readonly limits?: Partial<ImageLimits> | undefined
}
