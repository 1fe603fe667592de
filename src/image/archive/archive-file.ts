import type { LayerContent } from '../layer/layer-scan.js'

/** A regular file of the archive, after it has streamed by. */
export interface ArchiveFile {
  readonly name: string
  readonly size: number
  /** Where its content begins in the decompressed archive. */
  readonly offset: number
  /** `sha256:<hex>` of its content. */
  readonly digest: string
  /** Its bytes, when it may be a JSON document of acceptable size. */
  readonly document: Buffer | undefined
  /** Whether it was such a document, of more than may be kept. */
  readonly isDropped: boolean
  readonly layer: LayerContent
}
