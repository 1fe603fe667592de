import { quoted } from '../domain/quoted.js'
import { LeporelloError } from '../errors.js'
import type { Archive } from './archive/archive.js'
import type { ArchivedImage } from './archived-image.js'
import { digestsOf, matchDigest } from './digest-set.js'
import { documentOf, readDockerArchive } from './docker-archive.js'
import type { ImageFacts, ImageWarning } from './image-facts.js'
import type { ImageRequest } from './image-request.js'
import { Binaries } from './layer/binaries.js'
import { verifiedLayers } from './layer/verified-layers.js'
import { readImageConfig } from './metadata/image-config.js'
import { readOciLayout } from './oci-layout.js'
import { checkArchitecture, checkBinaries, checkName, isKnownSpelling } from './request-checks.js'

type FileFacts = Pick<ImageFacts, 'compression' | 'sha256' | 'size' | 'decompressedSize'>

interface FileToJudge extends FileFacts {
  /** Whether it begins with a frame of zstd that is skipped, as pzstd writes them. */
  readonly isSkipping: boolean
}

const OCI_OBSTACLE = 'docker loads OCI archives only where containerd stores its images, the default from 29'

/** Finds the image in an archive that has been read, verifies that it is whole, and holds it against the request. */
export function factsOf (
  archive: Archive, { isSkipping, ...file }: FileToJudge, request: ImageRequest
): ImageFacts {
  const { image, format } = findImage(archive)
  const text = documentOf(image.config)
  const config = readImageConfig(text)
  const layers = verifiedLayers(image.layers, config.diffIds)
  for (const others of image.otherLayers) verifiedLayers(others, config.diffIds)
  const binaries = binariesOf(image)

  if (request.architecture !== undefined) checkArchitecture(request.architecture, config)
  const digests = digestsOf(image, format)
  if (request.digest !== undefined) matchDigest([{ digests, architecture: config.architecture }], request.digest)
  const findings = [
    checkBinaries(config.architecture, binaries),
    request.name === undefined ? undefined : checkNames(request.name, image),
    checkLoadable([
      ...format === 'oci-archive' ? [OCI_OBSTACLE, ...image.obstacles ?? []] : [],
      ...[file, ...layers].some(({ compression }) => compression === 'zstd') ? ['docker before 23 cannot load zstd'] : [],
      ...isKnownSpelling(config) ? [] : [`containerd does not know ${quoted(config.spelling)} for ${config.architecture}`],
      ...isSkipping ? ['podman and skopeo do not know zstd by a frame to skip'] : []
    ])
  ].filter(finding => finding !== undefined)
  if (request.lenient !== true) refuse(findings)

  return {
    format,
    ...file,
    architecture: config.architecture,
    ...config.variant !== undefined && { variant: config.variant },
    os: 'linux',
    imageId: image.config.digest,
    digests,
    layers,
    repoTags: [...new Set([...image.otherNames ?? [], ...image.names])],
    config: text.toString('utf8'),
    manifests: [...image.manifests, ...image.indexes].map(({ file, mediaType }) => (
      { digest: file.digest, mediaType, text: documentOf(file).toString('utf8') })),
    binaries,
    warnings: findings
  }
}

function findImage (archive: Archive): { readonly image: ArchivedImage, readonly format: ImageFacts['format'] } {
  const docker = readDockerArchive(archive)
  const oci = readOciLayout(archive)
  if (docker !== undefined && oci !== undefined) return { image: merged(docker, oci), format: 'docker-and-oci-archive' }
  if (docker !== undefined) return { image: docker, format: 'docker-archive' }
  if (oci !== undefined) return { image: oci, format: 'oci-archive' }
  throw new LeporelloError('IMAGE_NOT_FOUND',
    'The archive is no image: it has neither manifest.json nor index.json. Save it with docker save or podman save')
}

// docker before 29 reads one of them and containerd and podman the other.
function merged (docker: ArchivedImage, oci: ArchivedImage): ArchivedImage {
  if (docker.config.digest !== oci.config.digest) {
    throw new LeporelloError('IMAGE_AMBIGUOUS', `manifest.json names the image ${docker.config.digest} and ` +
      `index.json ${oci.config.digest}: which one is loaded depends on the program`)
  }
  return { ...oci, otherLayers: [...oci.otherLayers, docker.layers], otherNames: docker.names }
}

function checkNames (name: string, { names, otherNames }: ArchivedImage): ImageWarning | undefined {
  if (otherNames === undefined) return checkName(name, names)
  const findings = [checkName(name, otherNames, ' in manifest.json'), checkName(name, names, ' in index.json')]
  return findings.find(finding => finding?.code === 'NAME_MISMATCH') ?? findings.find(finding => finding !== undefined)
}

function binariesOf (image: ArchivedImage): ImageFacts['binaries'] {
  const binaries = new Binaries()
  for (const file of new Set(image.layers)) binaries.merge(file.layer.binaries)
  return binaries.counts()
}

function checkLoadable (obstacles: readonly string[]): ImageWarning | undefined {
  return obstacles.length === 0 ? undefined : { code: 'LOADABLE_BY_FEW', message: obstacles.join('; ') }
}

function refuse (findings: readonly ImageWarning[]): void {
  for (const { code, message } of findings) {
    if (code === 'BINARIES_MISMATCH' || code === 'NAME_MISMATCH') throw new LeporelloError(`IMAGE_${code}`, message)
  }
}
