import { quoted } from '../domain/quoted.js'
import { LeporelloError } from '../errors.js'
import type { Archive } from './archive/archive.js'
import type { ArchivedImage } from './archived-image.js'
import { documentOf } from './docker-archive.js'
import type { Platform } from './metadata/descriptor.js'
import { readImageConfig } from './metadata/image-config.js'
import { parseDocument } from './metadata/json-document.js'
import { JsonFields } from './metadata/json-fields.js'
import { OciIndexWalk } from './oci-index-walk.js'
import type { OciImage } from './oci-index-walk.js'
import { mayBeFor } from './platform-label.js'

const LAYOUT = 'oci-layout'
const INDEX = 'index.json'
const VERSION = '1.0.0'

/**
 * The image that an OCI layout holds completely; undefined when the archive is none. Attestations, artifacts and
 * images whose blobs are not there (docker lists the other platforms of an image it saves) do not count.
 */
export function readOciLayout (archive: Archive): ArchivedImage | undefined {
  const layout = archive.file(LAYOUT)
  const index = archive.file(INDEX)
  if (layout === undefined && index === undefined) return undefined
  if (layout === undefined || index === undefined) {
    throw new LeporelloError('IMAGE_ENTRY_MISSING',
      `The archive has ${layout === undefined ? INDEX : LAYOUT} but no ${layout === undefined ? LAYOUT : INDEX}, ` +
      'so programs disagree whether it is an OCI layout')
  }
  verifyVersion(documentOf(layout))
  const walk = new OciIndexWalk(archive)
  walk.walk(index, INDEX)
  return { ...onlyImage(walk), obstacles: obstaclesOf(walk) }
}

function verifyVersion (bytes: Buffer): void {
  const version = new JsonFields(parseDocument(bytes, LAYOUT), LAYOUT).text('imageLayoutVersion')
  if (version !== VERSION) {
    throw new LeporelloError('IMAGE_METADATA_INVALID',
      `${LAYOUT} has the version ${quoted(version)}; only ${VERSION} is known`)
  }
}

function onlyImage (walk: OciIndexWalk): ArchivedImage {
  const complete = [...walk.images.values()]
  const [image] = complete
  if (image === undefined) throw noImage(walk)
  if (complete.some(other => other.config !== image.config)) {
    throw new LeporelloError('IMAGE_AMBIGUOUS',
      `${INDEX} holds ${complete.length} complete images; save each platform on its own (docker save --platform)`)
  }
  verifyOnlyChoice(image, walk)
  return {
    config: image.config,
    layers: image.layers,
    otherLayers: complete.filter(other => other !== image).map(({ layers }) => layers),
    names: unique(complete.flatMap(({ names }) => names)),
    manifests: complete.map(({ manifest }) => manifest),
    indexes: unique(complete.flatMap(({ indexes }) => indexes))
  }
}

// A program chooses by platform before it looks what that is, and may have its missing blobs from elsewhere.
function verifyOnlyChoice ({ config }: OciImage, { incomplete, strange }: OciIndexWalk): void {
  const { architecture } = readImageConfig(documentOf(config))
  const missing = incomplete.find(({ platform }) => mayBeFor(architecture, platform))
  if (missing !== undefined) {
    throw new LeporelloError('IMAGE_ENTRY_MISSING', `${INDEX} also leads to an image for ${architecture} whose blob ` +
      `${missing.digest} is not in the archive, and programs may choose that one`)
  }
  const other = strange.find(({ platform }) => mayBeFor(architecture, platform))
  if (other !== undefined) {
    throw new LeporelloError('IMAGE_AMBIGUOUS', `${INDEX} also leads to ${other.digest}, which is no image by its ` +
      `media type; programs that do not look at it may choose that for ${architecture}`)
  }
}

// Without manifest.json, to which podman turns in these cases.
function obstaclesOf ({ entries, strangeNames: [name], strangeLabels: [label] }: OciIndexWalk): string[] {
  return [
    ...entries > 1 ? [`podman and skopeo load none with ${entries} entries in ${INDEX}, unless told which`] : [],
    ...label === undefined ? [] : [`podman and skopeo do not find what is labelled ${quoted(spelt(label))}`],
    ...name === undefined ? [] : [`podman cannot load what is named ${quoted(name)}`]
  ]
}

function spelt ({ os, architecture, variant }: Platform): string {
  return [os, architecture, ...variant === undefined ? [] : [variant]].join('/')
}

function noImage ({ incomplete: [missing] }: OciIndexWalk): LeporelloError {
  return missing === undefined
    ? new LeporelloError('IMAGE_NOT_FOUND', `${INDEX} names no image`)
    : new LeporelloError('IMAGE_ENTRY_MISSING',
      `${INDEX} leads to the blob ${missing.digest}, which is not in the archive`)
}

function unique<Item> (items: readonly Item[]): Item[] {
  return [...new Set(items)]
}
