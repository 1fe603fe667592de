import type { ErrorCode } from '../../../src/errors.js'
import type { HostileFile } from './hostile.js'
import { hex, manifestJson, NAME, podmanArchive, sampleImage } from './sample-image.js'
import type { SampleImage } from './sample-image.js'
import {
  blob, descriptor, hybridArchive, layout, layoutBlobs, OCI_INDEX, OCI_MANIFEST, ociArchive
} from './sample-layout.js'
import { tar } from './tar-writer.js'
import type { EntrySpec } from './tar-writer.js'

const image = sampleImage()
const other = sampleImage({ architecture: 'arm64' })
const both = [image, other].map(each => layoutBlobs(each))
const bothBlobs = both.flatMap(({ blobs }) => blobs)
  .filter((spec, index, all) => all.findIndex(({ name }) => name === spec.name) === index)
const manifest = both[0]!.manifest

/** Files whose documents are wrong, or mean something else to another program. */
export const HOSTILE_DOCUMENTS: readonly HostileFile[] = [
  config('an architecture spelt twice', { Architecture: 's390x' }, 'IMAGE_AMBIGUOUS', /"Architecture"/),
  config('an architecture in capitals', { ARCHITECTURE: 's390x' }, 'IMAGE_AMBIGUOUS', /"ARCHITECTURE"/),
  config('a key with a long s', { oſ: 'linux' }, 'IMAGE_AMBIGUOUS', /o\u017f/),
  config('a variant that only Go reads', { Variant: 'v3' }, 'IMAGE_AMBIGUOUS', /"Variant"/),
  config('diff ids spelt twice', { rootfs: { type: 'layers', diff_ids: [], Diff_IDs: [] } },
    'IMAGE_AMBIGUOUS', /Diff_IDs/),
  config('another operating system', { os: 'windows' }, 'IMAGE_OS_UNSUPPORTED', /"windows"/),
  config('no operating system', { os: null }, 'IMAGE_OS_UNSUPPORTED', /names no operating system/),
  config('no architecture', { architecture: undefined }, 'IMAGE_METADATA_INVALID', /no "architecture"/),
  config('an empty architecture', { architecture: '' }, 'IMAGE_METADATA_INVALID', /no usable architecture/),
  config('an unknown architecture', { architecture: 'pdp11' }, 'IMAGE_METADATA_INVALID', /pdp11/),
  config('an unknown variant', { variant: 'v99' }, 'IMAGE_METADATA_INVALID', /v99/),
  config('an architecture that is a number', { architecture: 86 }, 'IMAGE_METADATA_INVALID', /not a string/),
  config('no rootfs', { rootfs: null }, 'IMAGE_METADATA_INVALID', /no "rootfs"/),
  config('fewer diff ids than layers', { rootfs: { type: 'layers', diff_ids: [] } },
    'IMAGE_METADATA_INVALID', /2 layers/),
  config('diff ids that are no list', { rootfs: { type: 'layers', diff_ids: {} } },
    'IMAGE_METADATA_INVALID', /not a list/),
  raw('a key twice', '{"os":"linux","os":"linux"}', 'IMAGE_AMBIGUOUS', /"os" twice/),
  raw('a key twice, escaped', '{"os":"linux","\\u006fs":"linux"}', 'IMAGE_AMBIGUOUS', /"os" twice/),
  raw('a key twice deep inside', '{"a":[{"b":{"c":1,"c":2}}]}', 'IMAGE_AMBIGUOUS', /"c" twice/),
  raw('nested too deeply', `{"a":${'['.repeat(100_000)}`, 'IMAGE_METADATA_INVALID', /nested deeper/),
  raw('not JSON', '{"os":linux}', 'IMAGE_METADATA_INVALID', /not JSON/),
  raw('an endless string of quotes', `{"${'\\"'.repeat(1_000_000)}`, 'IMAGE_METADATA_INVALID', /not JSON/),
  raw('not UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), 'IMAGE_METADATA_INVALID', /not UTF-8/),
  raw('a list', '[]', 'IMAGE_METADATA_INVALID', /not an object/),
  docker('two images', [entryOf(image), entryOf(other)], 'IMAGE_AMBIGUOUS', /2 images/),
  docker('no images', [], 'IMAGE_NOT_FOUND', /names no image/),
  docker('an object', {}, 'IMAGE_METADATA_INVALID', /not a list/),
  docker('a config spelt twice', [{ ...entryOf(image), config: 'x' }], 'IMAGE_AMBIGUOUS', /"config"/),
  docker('layers spelt twice', [{ ...entryOf(image), layers: [] }], 'IMAGE_AMBIGUOUS', /"layers"/),
  docker('layers that are numbers', [{ ...entryOf(image), Layers: [1] }], 'IMAGE_METADATA_INVALID', /list of strings/),
  docker('a config that is a layer', [{ ...entryOf(image), Config: entryOf(image).Layers[0] }],
    'IMAGE_METADATA_INVALID', /not a JSON document/),
  docker('a layer that is the config',
    [{ ...entryOf(image), Layers: [entryOf(image).Config, entryOf(image).Layers[1]] }],
    'IMAGE_CORRUPT', /not a tar/),
  oci('an unknown layout version', ociArchive(image).map(spec => spec.name === 'oci-layout'
    ? { ...spec, content: '{"imageLayoutVersion":"2.0.0"}' }
    : spec), 'IMAGE_METADATA_INVALID', /2\.0\.0/),
  oci('an index that is also a manifest', layout(bothBlobs, [descriptor(manifest, OCI_MANIFEST)], { layers: [] }),
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
  oci('two complete images', layout(bothBlobs, both.map(each => descriptor(each.manifest, OCI_MANIFEST))),
    'IMAGE_AMBIGUOUS', /2 complete images/),
  oci('an index of nothing', layout([], []), 'IMAGE_NOT_FOUND', /names no image/),
  oci('an index of a missing manifest', layout([], [descriptor('x', OCI_MANIFEST)]), 'IMAGE_ENTRY_MISSING', /leads to/),
  oci('an image without a layer', ociArchive(image).filter((_, index) => index !== 3),
    'IMAGE_ENTRY_MISSING', /leads to/),
  oci('only artifacts', ociArchive(image, {
    manifest: document => ({ ...document, config: { ...document['config'] as object, mediaType: 'application/x' } })
  }), 'IMAGE_NOT_FOUND', /names no image/),
  oci('only attestations', ociArchive(image, { platform: { os: 'unknown', architecture: 'unknown' } }),
    'IMAGE_NOT_FOUND', /names no image/),
  oci('indexes that lie too deep', nested(4), 'IMAGE_LIMIT_EXCEEDED', /indexes deep/),
  oci('an index that names itself', cycle(), 'IMAGE_CHECKSUM_MISMATCH', /blob/),
  oci('more descriptors than any index', layout(bothBlobs, Array(1001).fill(descriptor(manifest, OCI_MANIFEST))),
    'IMAGE_LIMIT_EXCEEDED', /1000 entries/),
  oci('a manifest and an index with other layers', hybridArchive(image).map(spec => spec.name === 'manifest.json'
    ? manifestJson([{ Config: `blobs/sha256/${hex(image.config)}`, Layers: ['oci-layout', 'index.json'] }])
    : spec), 'IMAGE_CORRUPT', /not a tar/),
  oci('a manifest and an index that disagree', hybridOf(other), 'IMAGE_AMBIGUOUS', /which one is loaded/)
]

function config (title: string, change: object, code: ErrorCode, says: RegExp): HostileFile {
  const fields = JSON.parse(image.config.toString()) as object
  return raw(title, JSON.stringify({ ...fields, ...change }), code, says)
}

function raw (title: string, text: string | Buffer, code: ErrorCode, says: RegExp): HostileFile {
  const changed: SampleImage = { ...image, config: Buffer.from(text as string) }
  return { title: `a config: ${title}`, file: tar(podmanArchive(changed)), code, says }
}

function docker (title: string, content: unknown, code: ErrorCode, says: RegExp): HostileFile {
  const entries = [...podmanArchive(image).slice(0, -2), manifestJson(content)]
  return { title: `manifest.json: ${title}`, file: tar(entries), code, says }
}

function oci (title: string, entries: readonly EntrySpec[], code: ErrorCode, says: RegExp): HostileFile {
  return { title: `a layout: ${title}`, file: tar(entries), code, says }
}

function entryOf ({ config, layers }: SampleImage): { Config: string, RepoTags: string[], Layers: string[] } {
  return { Config: `${hex(config)}.json`, RepoTags: [NAME], Layers: layers.map(layer => `${hex(layer)}.tar`) }
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
  return layout([{ name: `blobs/sha256/${'c'.repeat(64)}`, content: JSON.stringify({ manifests: [self] }) }], [self])
}

function hybridOf (second: SampleImage): EntrySpec[] {
  const entries = hybridArchive(image).slice(0, -1)
  const blobs = layoutBlobs(second).blobs.filter(({ name }) => !entries.some(spec => spec.name === name))
  return [...entries, ...blobs, manifestJson([{
    Config: `blobs/sha256/${hex(second.config)}`,
    Layers: (layoutBlobs(second).blobs.slice(1, 3)).map(({ name }) => name)
  }])]
}
