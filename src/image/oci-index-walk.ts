import { quoted } from '../domain/quoted.js'
import { unprintable } from '../domain/unprintable.js'
import { LeporelloError } from '../errors.js'
import type { ArchiveFile } from './archive/archive-file.js'
import type { Archive } from './archive/archive.js'
import type { NamedDocument } from './archived-image.js'
import { documentOf } from './docker-archive.js'
import { readDescriptor } from './metadata/descriptor.js'
import type { Descriptor, Platform } from './metadata/descriptor.js'
import { rejectFields, verifyVersion, verifyMediaType } from './metadata/document-kind.js'
import { parseDocument } from './metadata/json-document.js'
import { JsonFields } from './metadata/json-fields.js'
import { verifyLayerType } from './metadata/layer-type.js'
import { CONFIG_TYPES, INDEX_TYPES, MANIFEST_TYPES } from './metadata/media-types.js'
import { isReference } from './metadata/repo-tag.js'
import { verifyShape } from './metadata/shape.js'
import { MANIFEST } from './metadata/shapes.js'
import { within } from './metadata/within.js'
import { ConfigPlatforms, isFoundByPodman } from './platform-label.js'
import { madeOnce } from './made-once.js'

/** An image that is there completely. */
export interface OciImage {
  readonly manifest: NamedDocument
  readonly config: ArchiveFile
  readonly layers: readonly ArchiveFile[]
  readonly names: string[]
  readonly indexes: NamedDocument[]
}

/** What else an index names, and for what platform. */
export interface OtherEntry {
  readonly digest: string
  readonly platform: Platform | undefined
}

const DEEPEST = 3
// Far above any real index; each may cost the reading of a large document.
const MOST_DESCRIPTORS = 1000
const MOST_LAYERS = 1000
const MOST_IMAGES = 64

/** Follows an index to its images. Blobs are named by their digests, so a cycle cannot be; depth and number can. */
export class OciIndexWalk {
  /** By the manifest's digest. */
  readonly images = new Map<string, OciImage>()
  /** Images that are not complete, each by a blob that it lacks. */
  readonly incomplete: OtherEntry[] = []
  /** What is of another media type than images are, or has such a config. */
  readonly strange: OtherEntry[] = []
  /** Names that are none to programs which name what they load by them. */
  readonly strangeNames: string[] = []
  /** Platforms by which podman finds no image of an index within the outermost one. */
  readonly strangeLabels: Platform[] = []
  /** Of the outermost index. */
  entries = 0
  readonly #archive: Archive
  // What is read of each document, once: any number of entries may lead to it.
  readonly #parsed = new Map<ArchiveFile, JsonFields>()
  readonly #configs = new Map<ArchiveFile, Descriptor>()
  readonly #layers = new Map<ArchiveFile, readonly Descriptor[]>()
  readonly #platforms = new ConfigPlatforms()
  /** Name to digest. */
  readonly #named = new Map<string, string>()
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
    const values = fields.list('manifests')
    if (path.length === 0) this.entries = values.length
    for (const value of values) {
      if (++this.#descriptors > MOST_DESCRIPTORS) {
        throw new LeporelloError('IMAGE_LIMIT_EXCEEDED', `The archive's indexes have over ${MOST_DESCRIPTORS} entries`)
      }
      const descriptor = descriptorOf(value, `An entry of ${within(what)}`)
      if (path.length > 0) this.#follow(descriptor, path, names)
      else this.#follow(descriptor, path, this.#namesOf(descriptor))
    }
  }

  #follow (descriptor: Descriptor, path: readonly NamedDocument[], names: readonly string[]): void {
    const { mediaType, digest, platform } = descriptor
    const isIndex = INDEX_TYPES.includes(mediaType)
    const file = this.#blob(descriptor)
    if (!isIndex && !MANIFEST_TYPES.includes(mediaType)) {
      this.strange.push({ digest, platform })
    } else if (file === undefined) {
      this.incomplete.push({ digest, platform })
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
    const config = madeOnce(this.#configs, manifest.file,
      () => readDescriptor(fields.fields('config'), `The config of ${within(what)}`))
    if (!CONFIG_TYPES.includes(config.mediaType)) {
      this.strange.push(descriptor)
      return
    }
    const configFile = this.#blob(config)
    if (configFile !== undefined) {
      if (this.#platforms.isAttestation(descriptor, configFile)) return
      this.#platforms.verifyLabel(descriptor, configFile)
      const { platform } = descriptor
      if (path.length > 0 && platform !== undefined && !isFoundByPodman(platform)) this.strangeLabels.push(platform)
    }
    const layers = madeOnce(this.#layers, manifest.file, () => layersOf(fields, what))
    const layerFiles = layers.map(layer => this.#layer(layer)).filter(file => file !== undefined)
    if (configFile === undefined || layerFiles.length < layers.length) {
      const { digest } = [config, ...layers].find(part => this.#blob(part) === undefined)!
      this.incomplete.push({ digest, platform: descriptor.platform })
      return
    }
    this.images.set(descriptor.digest, {
      manifest, config: configFile, layers: layerFiles, names: [...names], indexes: [...path]
    })
  }

  #layer (descriptor: Descriptor): ArchiveFile | undefined {
    const file = this.#blob(descriptor)
    if (file !== undefined) verifyLayerType(descriptor, file.layer.compression)
    return file
  }

  #fields (file: ArchiveFile, what: string): JsonFields {
    return madeOnce(this.#parsed, file, () => {
      const document = parseDocument(documentOf(file), what)
      verifyShape(MANIFEST, document, what)
      const fields = new JsonFields(document, what)
      verifyVersion(fields, what)
      return fields
    })
  }

  // docker puts only the tag into ref.name, podman the whole name.
  #namesOf ({ annotations, digest }: Descriptor): string[] {
    const name = annotations.optionalText('io.containerd.image.name') ||
      annotations.optionalText('org.opencontainers.image.ref.name')
    if (name === undefined || name === '') return []
    const character = unprintable(name)
    if (character !== undefined) {
      throw new LeporelloError('IMAGE_METADATA_INVALID', `The index names ${digest} ${quoted(name)}, which has ${character}`)
    }
    if (!isReference(name)) this.strangeNames.push(name)
    const known = this.#named.get(name)
    if (known !== undefined && known !== digest) {
      throw new LeporelloError('IMAGE_AMBIGUOUS', `The index names two things ${quoted(name)}, ${known} and ` +
        `${digest}: which one is loaded depends on the program`)
    }
    this.#named.set(name, digest)
    return /[:/]/.test(name) ? [name] : []
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

function layersOf (manifest: JsonFields, what: string): Descriptor[] {
  const values = manifest.list('layers')
  if (values.length > MOST_LAYERS) {
    throw new LeporelloError('IMAGE_LIMIT_EXCEEDED', `${what} has more than ${MOST_LAYERS} layers`)
  }
  return values.map((value, index) => descriptorOf(value, `Layer ${index} of ${within(what)}`))
}

function descriptorOf (value: unknown, what: string): Descriptor {
  return readDescriptor(new JsonFields(value, what), what)
}
