import type { ErrorCode } from '../../../src/errors.js'
import type { ImageRequest } from '../../../src/image/image-request.js'

/** A file that must be refused, and how. */
export interface HostileFile {
  readonly title: string
  readonly file: Buffer
  readonly code: ErrorCode
  /** What the sentence says. */
  readonly says: RegExp
  readonly request?: ImageRequest
}
