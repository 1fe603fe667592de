import { gzipSync } from 'node:zlib'
import { digest, hex, manifestJson, NAME } from './sample-image.js'
import type { SampleImage } from './sample-image.js'
import type { EntrySpec } from './tar-writer.js'

export const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
export const OCI_INDEX = 'application/vnd.oci.image.index.v1+json'
export const OCI_CONFIG = 'application/vnd.oci.image.config.v1+json'
export const OCI_LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip'

const PLAIN = 'application/vnd.oci.image.layer.v1.tar'

export interface LayoutOptions {
  readonly compress?: (layer: Buffer) => Buffer
  readonly name?: string
  readonly platform?: Readonly<Record<string, string>>
  /** Changes the manifest before it is named by its digest. */
  readonly manifest?: (manifest: Record<string, unknown>) => unknown
  /** Changes the entry of index.json. */
  readonly descriptor?: (descriptor: Record<string, unknown>) => unknown
}

export function blob (content: Buffer | string): EntrySpec {
  return { name: `blobs/sha256/${hex(content)}`, content }
}

export function descriptor (content: Buffer | string, mediaType: string, more: object = {}): Record<string, unknown> {
  return { mediaType, digest: digest(content), size: Buffer.byteLength(content), ...more }
}

/** The blobs of an image and its manifest, as OCI layouts hold them. */
export function layoutBlobs ({ config, layers }: SampleImage, options: LayoutOptions = {}): {
  readonly blobs: EntrySpec[], readonly manifest: string
} {
  const compressed = layers.map(options.compress ?? (layer => gzipSync(layer)))
  const document = {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: descriptor(config, OCI_CONFIG),
    layers: compressed.map(layer => descriptor(layer, OCI_LAYER))
  }
  const manifest = JSON.stringify(options.manifest?.(document) ?? document)
  const blobs = [config, ...compressed, manifest].map(blob)
  const first = blobs.filter((each, index) => blobs.findIndex(other => other.name === each.name) === index)
  return { blobs: first, manifest }
}

/** As skopeo and podman save an OCI archive. */
export function ociArchive (image: SampleImage, options: LayoutOptions = {}): EntrySpec[] {
  const { blobs, manifest } = layoutBlobs(image, options)
  const named = descriptor(manifest, OCI_MANIFEST, {
    ...options.platform && { platform: options.platform },
    annotations: { 'org.opencontainers.image.ref.name': options.name ?? NAME }
  })
  return layout(blobs, [options.descriptor?.(named) ?? named])
}

/** As docker saves from containerd's store: both kinds of documents. */
export function hybridArchive (image: SampleImage, options: LayoutOptions = {}): EntrySpec[] {
  const { blobs, manifest } = layoutBlobs(image, options)
  const layers = image.layers.map(options.compress ?? (layer => gzipSync(layer)))
  const named = descriptor(manifest, OCI_MANIFEST, {
    annotations: {
      'io.containerd.image.name': `docker.io/library/${NAME}`, 'org.opencontainers.image.ref.name': '1.0'
    }
  })
  return [
    ...layout(blobs, [named]),
    manifestJson([{
      Config: `blobs/sha256/${hex(image.config)}`,
      RepoTags: [NAME],
      Layers: layers.map(layer => `blobs/sha256/${hex(layer)}`)
    }])
  ]
}

/** As docker from 25 saves from its older store: plain layers, and what older versions read of each of them. */
export function newDockerArchive (image: SampleImage): EntrySpec[] {
  const layers = image.layers.map(layer => descriptor(layer, PLAIN))
  const entries = hybridArchive(image, { compress: layer => layer, manifest: document => ({ ...document, layers }) })
  const legacy = image.layers.map((_, index) => blob(JSON.stringify({
    id: `${index}`.padStart(64, 'c'), architecture: 'other', os: 'linux', config: { Cmd: ['/bin/other'] }
  })))
  const sources = Object.fromEntries(image.layers.map(layer => [digest(layer), descriptor(layer, PLAIN)]))
  return [
    ...entries.slice(0, -1), ...legacy,
    manifestJson([{
      Config: `blobs/sha256/${hex(image.config)}`,
      RepoTags: [NAME],
      Layers: image.layers.map(layer => `blobs/sha256/${hex(layer)}`),
      LayerSources: sources
    }]),
    { name: 'repositories', content: `{"container-sample":{"1.0":"${'c'.repeat(64)}"}}` }
  ]
}

export function layout (blobs: readonly EntrySpec[], manifests: readonly unknown[], more: object = {}): EntrySpec[] {
  return [
    { name: 'blobs/', type: '5' },
    { name: 'blobs/sha256/', type: '5' },
    ...blobs,
    { name: 'index.json', content: JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests, ...more }) },
    { name: 'oci-layout', content: '{"imageLayoutVersion":"1.0.0"}' }
  ]
}
