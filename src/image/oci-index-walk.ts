import { LeporelloError } from '../errors.js'
import type { ArchiveFile } from './archive/archive-file.js'
import type { Archive } from './archive/archive.js'
import type { NamedDocument } from './archived-image.js'
import { documentOf } from './docker-archive.js'
import { readDescriptor } from './metadata/descriptor.js'
import type { Descriptor } from './metadata/descriptor.js'
import { rejectFields, verifyMediaType } from './metadata/document-kind.js'
import { parseDocument } from './metadata/json-document.js'
import { JsonFields } from './metadata/json-fields.js'
import { CONFIG_TYPES, INDEX_TYPES, MANIFEST_TYPES } from './metadata/media-types.js'
import { verifyPlatformLabel } from './platform-label.js'

/** An image found in an index, complete or not. */
export interface OciImage {
  readonly manifest: NamedDocument
  readonly config: ArchiveFile | undefined
  readonly layers: readonly ArchiveFile[]
  /** The digest of a blob that it lacks. */
  readonly missing: string | undefined
  readonly names: string[]
  readonly indexes: NamedDocument[]
}

const DEEPEST = 3
// Far above any real index; each may cost the reading of a large document.
const MOST_DESCRIPTORS = 1000
const MOST_IMAGES = 64

/** Follows an index to its images. Blobs are named by their digests, so a cycle cannot be; depth and number can. */
export class OciIndexWalk {
  /** By the manifest's digest. */
  readonly images = new Map<string, OciImage>()
  /** Digests of manifests that are named and not there. */
  readonly missing: string[] = []
  readonly #archive: Archive
  readonly #parsed = new Map<ArchiveFile, JsonFields>()
  #descriptors = 0

  constructor (archive: Archive) {
    this.#archive = archive
  }

  walk (index: ArchiveFile, what: string): void {
    this.#walk(index, what, [], [])
  }

  #walk (index: ArchiveFile, what: string, path: readonly NamedDocument[], names: readonly string[]): void {
    if (path.length > DEEPEST) {
      throw new LeporelloError('IMAGE_LIMIT_EXCEEDED', `${what} lies more than ${DEEPEST} indexes deep`)
    }
    const fields = this.#fields(index, what)
    rejectFields(fields, what, ['config', 'layers', 'fsLayers', 'history'])
    for (const value of fields.list('manifests')) {
      if (++this.#descriptors > MOST_DESCRIPTORS) {
        throw new LeporelloError('IMAGE_LIMIT_EXCEEDED', `The archive's indexes have over ${MOST_DESCRIPTORS} entries`)
      }
      const descriptor = descriptorOf(value, `An entry of ${what}`)
      if (!isAttestation(descriptor)) {
        this.#follow(descriptor, path, path.length === 0 ? namesOf(descriptor) : names)
      }
    }
  }

  #follow (descriptor: Descriptor, path: readonly NamedDocument[], names: readonly string[]): void {
    const { mediaType, digest } = descriptor
    const isIndex = INDEX_TYPES.includes(mediaType)
    if (!isIndex && !MANIFEST_TYPES.includes(mediaType)) return
    const file = this.#blob(descriptor)
    if (file === undefined) {
      this.missing.push(digest)
    } else if (isIndex) {
      verifyMediaType(this.#fields(file, `The index ${digest}`), mediaType, digest)
      this.#walk(file, `The index ${digest}`, [...path, { file, mediaType }], names)
    } else {
      this.#addImage(descriptor, { file, mediaType }, path, names)
    }
  }

  #addImage (
    descriptor: Descriptor, manifest: NamedDocument, path: readonly NamedDocument[], names: readonly string[]
  ): void {
    const known = this.images.get(descriptor.digest)
    if (known !== undefined) {
      known.names.push(...names)
      known.indexes.push(...path)
      return
    }
    if (this.images.size === MOST_IMAGES) {
      throw new LeporelloError('IMAGE_LIMIT_EXCEEDED', `The archive's indexes name more than ${MOST_IMAGES} images`)
    }
    const what = `The manifest ${descriptor.digest}`
    const fields = this.#fields(manifest.file, what)
    verifyMediaType(fields, descriptor.mediaType, descriptor.digest)
    rejectFields(fields, what, ['manifests', 'fsLayers', 'history'])
    const config = readDescriptor(fields.fields('config'), `The config of ${what}`)
    if (!CONFIG_TYPES.includes(config.mediaType)) return

    const layers = fields.list('layers').map((value, index) => descriptorOf(value, `Layer ${index} of ${what}`))
    const configFile = this.#blob(config)
    const layerFiles = layers.map(layer => this.#blob(layer)).filter(file => file !== undefined)
    if (configFile !== undefined) verifyPlatformLabel(descriptor, documentOf(configFile))
    this.images.set(descriptor.digest, {
      manifest,
      config: configFile,
      layers: layerFiles,
      missing: [config, ...layers].find(part => this.#blob(part) === undefined)?.digest,
      names: [...names],
      indexes: [...path]
    })
  }

  #fields (file: ArchiveFile, what: string): JsonFields {
    const fields = this.#parsed.get(file) ?? new JsonFields(parseDocument(documentOf(file), what), what)
    this.#parsed.set(file, fields)
    return fields
  }

  #blob (descriptor: Descriptor): ArchiveFile | undefined {
    const file = this.#archive.file(`blobs/${descriptor.digest.replace(':', '/')}`)
    if (file !== undefined && file.size !== descriptor.size) {
      throw new LeporelloError('IMAGE_CHECKSUM_MISMATCH',
        `The blob ${descriptor.digest} has ${file.size} bytes where its descriptor says ${descriptor.size}`)
    }
    return file
  }
}

// What BuildKit adds beside the image, or anything else that refers to it.
function isAttestation ({ annotations, platform }: Descriptor): boolean {
  return annotations.has('vnd.docker.reference.type') ||
    (platform?.architecture === 'unknown' && platform.os === 'unknown')
}

// docker puts only the tag into ref.name, podman the whole name.
function namesOf ({ annotations }: Descriptor): string[] {
  const name = annotations.optionalText('io.containerd.image.name') ??
    annotations.optionalText('org.opencontainers.image.ref.name')
  return name !== undefined && /[:/]/.test(name) ? [name] : []
}

function descriptorOf (value: unknown, what: string): Descriptor {
  return readDescriptor(new JsonFields(value, what), what)
}
