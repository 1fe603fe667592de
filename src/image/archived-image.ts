import type { ArchiveFile } from './archive/archive-file.js'

/** The one image that an archive holds, as its documents name the parts of it. */
export interface ArchivedImage {
  readonly config: ArchiveFile
  /** The base first. */
  readonly layers: readonly ArchiveFile[]
  /** The layers as other documents name them; which of them count depends on the program that loads the image. */
  readonly otherLayers: readonly (readonly ArchiveFile[])[]
  /** References such as `name:tag`, as they stand there. */
  readonly names: readonly string[]
  /** Those of other documents, where some programs read these and some the others. */
  readonly otherNames?: readonly string[]
  /** Why programs that read it from where it stands do not, although they would read another. */
  readonly obstacles?: readonly string[]
  /** Manifests and indexes that lead to it, with their media types. */
  readonly manifests: readonly NamedDocument[]
  readonly indexes: readonly NamedDocument[]
}

export interface NamedDocument {
  readonly file: ArchiveFile
  readonly mediaType: string
}
