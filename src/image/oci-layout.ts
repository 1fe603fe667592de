import { quoted } from '../domain/quoted.js'
import { LeporelloError } from '../errors.js'
import type { Archive } from './archive/archive.js'
import type { ArchivedImage } from './archived-image.js'
import { documentOf } from './docker-archive.js'
import { parseDocument } from './metadata/json-document.js'
import { JsonFields } from './metadata/json-fields.js'
import { OciIndexWalk } from './oci-index-walk.js'
import type { OciImage } from './oci-index-walk.js'

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
  return onlyImage(walk)
}

function verifyVersion (bytes: Buffer): void {
  const version = new JsonFields(parseDocument(bytes, LAYOUT), LAYOUT).text('imageLayoutVersion')
  if (version !== VERSION) {
    throw new LeporelloError('IMAGE_METADATA_INVALID',
      `${LAYOUT} has the version ${quoted(version)}; only ${VERSION} is known`)
  }
}

function onlyImage (walk: OciIndexWalk): ArchivedImage {
  const complete = [...walk.images.values()].filter(image => image.missing === undefined)
  const [image] = complete
  if (image === undefined) throw noImage(walk)
  const others = complete.filter(other => other.config !== image.config)
  if (others.length > 0) {
    throw new LeporelloError('IMAGE_AMBIGUOUS',
      `${INDEX} holds ${complete.length} complete images; save each platform on its own (docker save --platform)`)
  }
  return {
    config: image.config!,
    layers: image.layers,
    otherLayers: complete.filter(other => other !== image).map(({ layers }) => layers),
    names: unique(complete.flatMap(({ names }) => names)),
    manifests: complete.map(({ manifest }) => manifest),
    indexes: unique(complete.flatMap(({ indexes }) => indexes))
  }
}

function noImage (walk: OciIndexWalk): LeporelloError {
  const missing = [...walk.images.values()].map((image: OciImage) => image.missing)[0] ?? walk.missing[0]
  return missing === undefined
    ? new LeporelloError('IMAGE_NOT_FOUND', `${INDEX} names no image`)
    : new LeporelloError('IMAGE_ENTRY_MISSING', `${INDEX} leads to the blob ${missing}, which is not in the archive`)
}

function unique<Item> (items: readonly Item[]): Item[] {
  return [...new Set(items)]
}
