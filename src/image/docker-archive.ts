import { quoted } from '../domain/quoted.js'
import { LeporelloError } from '../errors.js'
import type { ArchiveFile } from './archive/archive-file.js'
import type { Archive } from './archive/archive.js'
import { entryName } from './archive/entry-name.js'
import type { ArchivedImage } from './archived-image.js'
import { parseDocument } from './metadata/json-document.js'
import { JsonFields } from './metadata/json-fields.js'
import { isRepoTag } from './metadata/repo-tag.js'
import { verifyShape } from './metadata/shape.js'
import { ARCHIVED_IMAGE } from './metadata/shapes.js'

const MANIFEST = 'manifest.json'
// podman and skopeo read no more of it.
const LARGEST_MANIFEST = 2 ** 20
// docker, podman and crane name the config by its digest.
const NAMED_BY_DIGEST = /^(?:blobs\/sha256\/|sha256:)?([0-9a-f]{64})(?:\.json)?$/

/** The image that `manifest.json` names, as `docker save` writes it; undefined when the archive has none. */
export function readDockerArchive (archive: Archive): ArchivedImage | undefined {
  const manifest = archive.file(MANIFEST)
  if (manifest === undefined) return undefined
  if (manifest.size > LARGEST_MANIFEST) {
    throw new LeporelloError('IMAGE_LIMIT_EXCEEDED',
      `${MANIFEST} has ${manifest.size} bytes; programs read at most ${LARGEST_MANIFEST}`)
  }
  const images = parseDocument(documentOf(manifest), MANIFEST)
  if (!Array.isArray(images)) {
    throw new LeporelloError('IMAGE_METADATA_INVALID', `${MANIFEST} is not a list of images`)
  }
  if (images.length === 0) throw new LeporelloError('IMAGE_NOT_FOUND', `${MANIFEST} names no image`)
  if (images.length > 1) {
    throw new LeporelloError('IMAGE_AMBIGUOUS',
      `${MANIFEST} names ${images.length} images and docker loads another one than podman; save each on its own`)
  }
  const what = `The image in ${MANIFEST}`
  const fields = new JsonFields(images[0], what)
  verifyShape(ARCHIVED_IMAGE, images[0], what)
  return {
    config: configFile(archive, fields.text('Config')),
    layers: fields.texts('Layers').map(name => namedFile(archive, name)),
    otherLayers: [],
    names: fields.texts('RepoTags').map(verifiedTag),
    manifests: [],
    indexes: []
  }
}

/** The bytes of a JSON document. @throws LeporelloError when the file is too large or cannot be JSON. */
export function documentOf (file: ArchiveFile): Buffer {
  if (file.isDropped) {
    throw new LeporelloError('IMAGE_LIMIT_EXCEEDED', 'The archive has too many large JSON documents, of which ' +
      `${quoted(file.name)} is one (it has ${file.size} bytes)`)
  }
  if (file.document === undefined) {
    throw new LeporelloError('IMAGE_METADATA_INVALID',
      `The archive's ${quoted(file.name)} is not a JSON document of acceptable size (it has ${file.size} bytes)`)
  }
  return file.document
}

function configFile (archive: Archive, name: string): ArchiveFile {
  const file = namedFile(archive, name)
  if (file.name !== name) {
    throw new LeporelloError('IMAGE_METADATA_INVALID',
      `${MANIFEST} names the config ${quoted(name)}, which is a link; not all programs follow it`)
  }
  const [, hex] = NAMED_BY_DIGEST.exec(file.name) ?? []
  if (hex !== undefined && file.digest !== `sha256:${hex}`) {
    throw new LeporelloError('IMAGE_CHECKSUM_MISMATCH',
      `The image config ${quoted(file.name)} has the content of ${file.digest}`)
  }
  return file
}

function namedFile (archive: Archive, name: string): ArchiveFile {
  const plain = entryName(name)
  const file = archive.file(plain)
  if (file === undefined) {
    throw new LeporelloError('IMAGE_ENTRY_MISSING',
      `${MANIFEST} names ${quoted(name)}, which is not in the archive`)
  }
  if (plain !== name) {
    throw new LeporelloError('IMAGE_METADATA_INVALID',
      `${MANIFEST} names ${quoted(name)}, which not all programs take for ${quoted(plain)}`)
  }
  return file
}

function verifiedTag (tag: string): string {
  if (isRepoTag(tag)) return tag
  throw new LeporelloError('IMAGE_METADATA_INVALID',
    `${MANIFEST} has the repo tag ${quoted(tag)}, which is no name:tag; programs do not load it`)
}
