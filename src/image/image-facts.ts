import type { Architecture } from '../domain/architecture.js'
import type { Compression } from './compression/compression.js'
import type { BinaryCount } from './layer/binaries.js'

/** What a tarball was proved to be. Plain data: it can be sent between threads and written as JSON. */
export interface ImageFacts {
  readonly format: 'docker-archive' | 'oci-archive' | 'docker-and-oci-archive'
  readonly compression: Compression
  /** Of the bytes received: hexadecimal sha256 and number. */
  readonly sha256: string
  readonly size: number
  readonly decompressedSize: number
  readonly architecture: Architecture
  /** As the config states it; absent for most. */
  readonly variant?: string
  readonly os: 'linux'
  /** Digest of the config: what `docker inspect .Id` says, unless containerd stores the images. */
  readonly imageId: string
  /** Every digest by which an engine may know the image; the image id first. */
  readonly digests: readonly ImageDigest[]
  /** The base first. */
  readonly layers: readonly ImageLayer[]
  /** References such as `name:tag`, as the archive has them. */
  readonly repoTags: readonly string[]
  /** The exact text of the config, and of the manifests and indexes that lead to it. */
  readonly config: string
  readonly manifests: readonly ImageDocument[]
  readonly binaries: readonly BinaryCount[]
  readonly warnings: readonly ImageWarning[]
}

export interface ImageDigest {
  /** `sha256:<hex>` */
  readonly digest: string
  readonly kind: DigestKind
}

/** `predicted` is the manifest that containerd makes of an archive which has none. */
export type DigestKind = 'config' | 'manifest' | 'index' | 'predicted'

export interface ImageLayer {
  /** Digest of the layer's tar. */
  readonly diffId: string
  /** Digest and bytes of the entry as it stands in the archive. */
  readonly digest: string
  readonly size: number
  readonly compression: Compression
  readonly entry: string
  /** Where the entry's content begins in the decompressed archive. */
  readonly offset: number
}

export interface ImageDocument {
  readonly digest: string
  readonly mediaType: string
  readonly text: string
}

export interface ImageWarning {
  readonly code: 'BINARIES_MIXED' | 'BINARIES_MISMATCH' | 'NAME_MISMATCH' | 'NAME_LOCALHOST' | 'LOADABLE_BY_FEW'
  readonly message: string
}
