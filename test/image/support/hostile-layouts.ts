import { gzipSync } from 'node:zlib'
import type { ErrorCode } from '../../../src/errors.js'
import type { HostileFile } from './hostile.js'
import { hex, manifestJson, sampleImage } from './sample-image.js'
import type { SampleImage } from './sample-image.js'
import {
  blob, descriptor, hybridArchive, layout, layoutBlobs, OCI_INDEX, OCI_MANIFEST, ociArchive
} from './sample-layout.js'
import { tar } from './tar-writer.js'
import type { EntrySpec } from './tar-writer.js'

const image = sampleImage()
const other = sampleImage({ architecture: 'arm64' })
const evil = sampleImage({ binaries: ['amd64', 'amd64'] })
const attestation = sampleImage({ architecture: 'unknown', os: 'unknown', binaries: [] })
const both = [image, other].map(each => layoutBlobs(each))
const manifest = both[0]!.manifest
const AMD64 = { os: 'linux', architecture: 'amd64' }
const UNKNOWN = { os: 'unknown', architecture: 'unknown' }
const ATTESTATION = { 'vnd.docker.reference.type': 'attestation-manifest' }
const LAYER = 'application/vnd.oci.image.layer.v1'
const NAMED = { 'io.containerd.image.name': 'n:1' }

/** OCI layouts that are wrong, or hold another image for another program. */
export const HOSTILE_LAYOUTS: readonly HostileFile[] = [
  oci('an unknown layout version', ociArchive(image).map(spec => spec.name === 'oci-layout'
    ? { ...spec, content: '{"imageLayoutVersion":"2.0.0"}' }
    : spec), 'IMAGE_METADATA_INVALID', /2\.0\.0/),
  oci('an index that is also a manifest', layout(allBlobs(other), [descriptor(manifest, OCI_MANIFEST)], { layers: [] }),
    'IMAGE_AMBIGUOUS', /"layers"/),
  oci('a manifest that is also an index', ociArchive(image, { manifest: document => ({ ...document, manifests: [] }) }),
    'IMAGE_AMBIGUOUS', /"manifests"/),
  oci('a media type other than the descriptor says', ociArchive(image, {
    manifest: document => ({ ...document, mediaType: OCI_INDEX })
  }), 'IMAGE_AMBIGUOUS', /calls itself/),
  oci('a size other than the descriptor says', ociArchive(image, { descriptor: each => ({ ...each, size: 1 }) }),
    'IMAGE_CHECKSUM_MISMATCH', /descriptor says 1/),
  oci('a platform other than the config says', ociArchive(image, { platform: { os: 'linux', architecture: 'arm64' } }),
    'IMAGE_AMBIGUOUS', /linux\/arm64/),
  oci('layers from elsewhere', ociArchive(image, { descriptor: each => ({ ...each, urls: ['http://127.0.0.1/'] }) }),
    'IMAGE_METADATA_INVALID', /urls of its own/),
  oci('digests of another algorithm', layout([], [{ ...descriptor('', OCI_MANIFEST), digest: 'md5:00' }]),
    'IMAGE_METADATA_INVALID', /md5:00/),
  oci('blobs of another algorithm', [{ name: 'blobs/sha512/aa', content: 'x' }], 'IMAGE_METADATA_INVALID', /sha512/),
  oci('a digest that is a path', layout([], [{ ...descriptor('', OCI_MANIFEST), digest: 'sha256:../../etc' }]),
    'IMAGE_METADATA_INVALID', /etc/),
  oci('two complete images', layout(allBlobs(other), both.map(each => descriptor(each.manifest, OCI_MANIFEST))),
    'IMAGE_AMBIGUOUS', /2 complete images/),
  oci('an index of nothing', layout([], []), 'IMAGE_NOT_FOUND', /names no image/),
  oci('an index of a missing manifest', layout([], [descriptor('x', OCI_MANIFEST)]), 'IMAGE_ENTRY_MISSING', /leads to/),
  oci('an image without a layer', ociArchive(image).filter((_, index) => index !== 3),
    'IMAGE_ENTRY_MISSING', /leads to/),
  oci('only artifacts', ociArchive(image, {
    manifest: document => ({ ...document, config: { ...document['config'] as object, mediaType: 'application/x' } })
  }), 'IMAGE_NOT_FOUND', /names no image/),
  oci('only attestations', ociArchive(attestation, { platform: UNKNOWN }), 'IMAGE_NOT_FOUND', /names no image/),
  oci('an image that is called an attestation', ociArchive(image, { platform: UNKNOWN }),
    'IMAGE_AMBIGUOUS', /"unknown\/unknown", and its config linux\/amd64/),
  oci('an image that is annotated as an attestation', beside(evil, { platform: AMD64, annotations: ATTESTATION }),
    'IMAGE_AMBIGUOUS', /2 complete images/),
  oci('two things of one name', layout(allBlobs(evil), [
    descriptor(manifest, OCI_MANIFEST, { annotations: NAMED }),
    descriptor('', OCI_MANIFEST, { platform: { os: 'linux', architecture: 's390x' }, annotations: NAMED })
  ]), 'IMAGE_AMBIGUOUS', /names two things "n:1"/),
  oci('another image for the platform, called JSON', beside(evil, { platform: AMD64, mediaType: 'text/json' }),
    'IMAGE_AMBIGUOUS', /no image by its media type/),
  oci('another image of another media type, for any platform', beside(evil, { mediaType: 'text/json' }),
    'IMAGE_AMBIGUOUS', /no image by its media type/),
  oci('another image in the first schema', beside(evil, {
    platform: AMD64, mediaType: 'application/vnd.docker.distribution.manifest.v1+json'
  }), 'IMAGE_AMBIGUOUS', /no image by its media type/),
  oci('another image for the platform, whose config is none', beside(evil, { platform: AMD64 }, document => ({
    ...document, config: { ...document['config'] as object, mediaType: 'application/x' }
  })), 'IMAGE_AMBIGUOUS', /no image by its media type/),
  oci('another image for the platform, without its layer',
    beside(evil, { platform: AMD64 }).filter(({ name }) => !name.endsWith(hex(gzipSync(evil.layers[0]!)))),
    'IMAGE_ENTRY_MISSING', /programs may choose that one/),
  oci('another image for the platform, without its manifest', index([
    descriptor('absent', OCI_MANIFEST, { platform: AMD64 }), descriptor(manifest, OCI_MANIFEST, { platform: AMD64 })
  ], allBlobs()), 'IMAGE_ENTRY_MISSING', /programs may choose that one/),
  oci('another image for any platform, without its manifest', index([
    descriptor('absent', OCI_MANIFEST), descriptor(manifest, OCI_MANIFEST)
  ], allBlobs()), 'IMAGE_ENTRY_MISSING', /programs may choose that one/),
  oci('a platform in other words', ociArchive(image, { platform: { os: 'linux', architecture: 'i686' } }),
    'IMAGE_AMBIGUOUS', /linux\/i686/),
  oci('a platform of another system', ociArchive(image, { platform: { os: 'windows', architecture: 'amd64' } }),
    'IMAGE_AMBIGUOUS', /windows\/amd64/),
  oci('compressed layers that are called plain', ociArchive(image, { manifest: layersOf(`${LAYER}.tar`) }),
    'IMAGE_AMBIGUOUS', /compressed with gzip where/),
  oci('layers of no known media type', ociArchive(image, { manifest: layersOf('application/vnd.in-toto+json') }),
    'IMAGE_METADATA_INVALID', /not one of layers/),
  oci('encrypted layers', ociArchive(image, { manifest: layersOf(`${LAYER}.tar+gzip+encrypted`) }),
    'IMAGE_METADATA_INVALID', /not one of layers/),
  oci('a name that colours a terminal', ociArchive(image, { name: 'a:1\u001b[31m' }),
    'IMAGE_METADATA_INVALID', /"a:1\\u001b\[31m", which has the control character U\+001B/),
  oci('no schema version', layout(allBlobs(), [descriptor(manifest, OCI_MANIFEST)], { schemaVersion: undefined }),
    'IMAGE_METADATA_INVALID', /index\.json has no "schemaVersion"/),
  oci('another schema version', ociArchive(image, { manifest: document => ({ ...document, schemaVersion: 1 }) }),
    'IMAGE_METADATA_INVALID', /another "schemaVersion"/),
  oci('a size with an exponent', indexText(text => text.replace(/"size":(\d+)/, '"size":$1e0')),
    'IMAGE_METADATA_INVALID', /not a whole number/),
  oci('a size with a fraction', indexText(text => text.replace(/"size":(\d+)/, '"size":$1.0')),
    'IMAGE_METADATA_INVALID', /not a whole number/),
  oci('a negative size', indexText(text => text.replace(/"size":/, '"size":-')),
    'IMAGE_METADATA_INVALID', /"size" .* is not a whole number/),
  oci('a size that no number holds', indexText(text => text.replace(/"size":\d+/, '"size":9007199254740993')),
    'IMAGE_METADATA_INVALID', /"size" .* is not a whole number/),
  oci('an annotation that is a number', ociArchive(image, { descriptor: each => ({ ...each, annotations: { a: 1 } }) }),
    'IMAGE_METADATA_INVALID', /"a" .* is not a string/),
  oci('an artifact type that is a number', ociArchive(image, { descriptor: each => ({ ...each, artifactType: 1 }) }),
    'IMAGE_METADATA_INVALID', /"artifactType" .* is not a string/),
  oci('data that is not base64', ociArchive(image, { descriptor: each => ({ ...each, data: 'no data' }) }),
    'IMAGE_METADATA_INVALID', /"data" .* is not base64/),
  oci('data of another blob', ociArchive(image, { descriptor: each => ({ ...each, data: 'e30=' }) }),
    'IMAGE_CHECKSUM_MISMATCH', /data of sha256:44136fa3/),
  oci('a descriptor spelt in capitals', ociArchive(image, { descriptor: each => ({ ...each, Digest: 'x' }) }),
    'IMAGE_AMBIGUOUS', /"Digest"/),
  oci('manifests spelt twice', layout(allBlobs(), [descriptor(manifest, OCI_MANIFEST)], { Manifests: [] }),
    'IMAGE_AMBIGUOUS', /"Manifests"/),
  oci('indexes that lie too deep', nested(4), 'IMAGE_LIMIT_EXCEEDED', /indexes deep/),
  oci('an index that names itself', cycle(), 'IMAGE_CHECKSUM_MISMATCH', /blob/),
  oci('more layers than any image', ociArchive(image, {
    manifest: document => ({ ...document, layers: Array(1001).fill((document['layers'] as unknown[])[0]) })
  }), 'IMAGE_LIMIT_EXCEEDED', /more than 1000 layers/),
  oci('more images than any index', manyImages(65), 'IMAGE_LIMIT_EXCEEDED', /more than 64 images/),
  oci('more descriptors than any index', layout(allBlobs(other), Array(1001).fill(descriptor(manifest, OCI_MANIFEST))),
    'IMAGE_LIMIT_EXCEEDED', /1000 entries/),
  oci('a manifest and an index with other layers', hybridArchive(image).map(spec => spec.name === 'manifest.json'
    ? manifestJson([{ Config: `blobs/sha256/${hex(image.config)}`, Layers: ['oci-layout', 'index.json'] }])
    : spec), 'IMAGE_CORRUPT', /not a tar/),
  oci('a manifest and an index that disagree', hybridOf(other), 'IMAGE_AMBIGUOUS', /which one is loaded/)
]

function oci (title: string, entries: readonly EntrySpec[], code: ErrorCode, says: RegExp): HostileFile {
  return { title: `a layout: ${title}`, file: tar(entries), code, says }
}

/** The blobs of the image and of others, each once. */
function allBlobs (...others: readonly SampleImage[]): EntrySpec[] {
  return distinct([image, ...others].flatMap(each => layoutBlobs(each).blobs))
}

/** An index that names another image before this one. */
function beside (
  another: SampleImage, more: object, change?: (document: Record<string, unknown>) => unknown
): EntrySpec[] {
  const { blobs, manifest: first } = layoutBlobs(another, change && { manifest: change })
  return index([
    descriptor(first, OCI_MANIFEST, more), descriptor(manifest, OCI_MANIFEST, { platform: AMD64 })
  ], distinct([...allBlobs(), ...blobs]))
}

function index (manifests: readonly unknown[], blobs: readonly EntrySpec[]): EntrySpec[] {
  const text = JSON.stringify({ schemaVersion: 2, manifests })
  return layout([...blobs, blob(text)], [descriptor(text, OCI_INDEX)])
}

function manyImages (count: number): EntrySpec[] {
  const manifests = Array.from({ length: count }, (_, at) => (
    layoutBlobs(image, { manifest: document => ({ ...document, annotations: { at: String(at) } }) }).manifest))
  return layout([...allBlobs(), ...manifests.map(blob)], manifests.map(text => descriptor(text, OCI_MANIFEST)))
}

function indexText (change: (text: string) => string): EntrySpec[] {
  return ociArchive(image).map(spec => (
    spec.name === 'index.json' ? { ...spec, content: change(String(spec.content)) } : spec))
}

function layersOf (mediaType: string): (document: Record<string, unknown>) => unknown {
  return document => ({
    ...document, layers: (document['layers'] as object[]).map(layer => ({ ...layer, mediaType }))
  })
}

function distinct (specs: readonly EntrySpec[]): EntrySpec[] {
  return specs.filter((spec, at) => specs.findIndex(({ name }) => name === spec.name) === at)
}

function nested (depth: number): EntrySpec[] {
  let inner = descriptor(manifest, OCI_MANIFEST)
  const indexes: EntrySpec[] = []
  for (let level = 0; level < depth; level++) {
    const text = JSON.stringify({ schemaVersion: 2, manifests: [inner] })
    indexes.push(blob(text))
    inner = descriptor(text, OCI_INDEX)
  }
  return layout([...both[0]!.blobs, ...indexes], [inner])
}

function cycle (): EntrySpec[] {
  const self = { mediaType: OCI_INDEX, digest: `sha256:${'c'.repeat(64)}`, size: 100 }
  const content = JSON.stringify({ schemaVersion: 2, manifests: [self] })
  return layout([{ name: `blobs/sha256/${'c'.repeat(64)}`, content }], [self])
}

function hybridOf (second: SampleImage): EntrySpec[] {
  const entries = hybridArchive(image).slice(0, -1)
  const blobs = layoutBlobs(second).blobs.filter(({ name }) => !entries.some(spec => spec.name === name))
  return [...entries, ...blobs, manifestJson([{
    Config: `blobs/sha256/${hex(second.config)}`,
    Layers: (layoutBlobs(second).blobs.slice(1, 3)).map(({ name }) => name)
  }])]
}
