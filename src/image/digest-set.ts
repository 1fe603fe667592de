import { createHash } from 'node:crypto'
import { LeporelloError } from '../errors.js'
import { quoted } from '../domain/quoted.js'
import type { ArchivedImage } from './archived-image.js'
import type { ImageDigest, ImageFacts } from './image-facts.js'

const GZIP_LAYER = 'application/vnd.docker.image.rootfs.diff.tar.gzip'
const PLAIN_LAYER = 'application/vnd.docker.image.rootfs.diff.tar'

/** Every digest by which an engine may know the image: what `.Id` is depends on how the engine stores images. */
export function digestsOf (image: ArchivedImage, format: ImageFacts['format']): ImageDigest[] {
  const digests: ImageDigest[] = [
    { digest: image.config.digest, kind: 'config' },
    ...image.manifests.map(({ file }) => ({ digest: file.digest, kind: 'manifest' as const })),
    ...image.indexes.map(({ file }) => ({ digest: file.digest, kind: 'index' as const }))
  ]
  const predicted = format === 'docker-archive' ? predictedManifest(image) : undefined
  return predicted === undefined ? digests : [...digests, { digest: sha256(predicted), kind: 'predicted' }]
}

/**
 * A digest as people have it at hand - bare hexadecimal, `sha256:<hex>` or `name@sha256:<hex>`, in either case - in
 * the form `sha256:<hex>`.
 *
 * @throws LeporelloError `PARAMETER_INVALID`
 */
export function parseDigest (text: string): string {
  const [, hex] = /^(?:(?:[^@]*@)?sha256:)?([0-9a-f]{64})$/i.exec(text) ?? []
  if (hex === undefined) {
    throw new LeporelloError('PARAMETER_INVALID', `digest is ${quoted(text)}; accepted are 64 hexadecimal digits, ` +
      'with or without "sha256:" or "<name>@sha256:" before them', { details: { parameter: 'digest' } })
  }
  return `sha256:${hex.toLowerCase()}`
}

/**
 * Which digest of the images of one registration a given one is.
 *
 * @throws LeporelloError `PARAMETER_INVALID`, and `IMAGE_DIGEST_MISMATCH` when it is of none of them.
 */
export function matchDigest (
  images: readonly Pick<ImageFacts, 'digests' | 'architecture'>[], text: string
): ImageDigest {
  const digest = parseDigest(text)
  const known = images.flatMap(({ digests }) => digests)
  const match = known.find(candidate => candidate.digest === digest)
  if (match !== undefined) return match
  const ids = images.map(({ architecture, digests }) => `${digests[0]!.digest} (${architecture})`)
  throw new LeporelloError('IMAGE_DIGEST_MISMATCH',
    `digest ${digest} is of no image that was sent; the image id is ${ids.join(', ')}`,
    { details: { digest, accepted: known } })
}

// Byte for byte what containerd's importer writes for a docker archive; of zstd layers that is not known.
function predictedManifest ({ config, layers }: ArchivedImage): string | undefined {
  if (layers.some(({ layer }) => layer.compression === 'zstd')) return undefined
  return JSON.stringify({
    schemaVersion: 2,
    mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
    config: {
      mediaType: 'application/vnd.docker.container.image.v1+json', digest: config.digest, size: config.size
    },
    layers: layers.map(({ digest, size, layer }) => ({
      mediaType: layer.compression === 'gzip' ? GZIP_LAYER : PLAIN_LAYER, digest, size
    }))
  })
}

function sha256 (text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`
}
