import { parseArchitecture } from '../domain/architecture.js'
import type { Architecture } from '../domain/architecture.js'
import { quoted } from '../domain/quoted.js'
import { LeporelloError } from '../errors.js'
import type { ArchiveFile } from './archive/archive-file.js'
import { documentOf } from './docker-archive.js'
import type { Descriptor, Platform } from './metadata/descriptor.js'
import { readImageConfig } from './metadata/image-config.js'
import { parseDocument } from './metadata/json-document.js'
import { JsonFields } from './metadata/json-fields.js'
import { madeOnce } from './made-once.js'

const UNKNOWN = 'unknown'
const WHAT = 'The config of an attestation'

/** What configs say of their platforms. Each is read once: a thousand entries of an index may lead to the same. */
export class ConfigPlatforms {
  readonly #architectures = new Map<ArchiveFile, Architecture>()
  readonly #unknown = new Map<ArchiveFile, boolean>()

  /**
   * Verifies that the platform an index states for an image is the one of its config: containerd chooses by the label,
   * docker's older store by nothing, and the registration goes by the config.
   */
  verifyLabel ({ platform, digest }: Descriptor, config: ArchiveFile): void {
    if (platform === undefined) return
    const architecture = madeOnce(this.#architectures, config, () => readImageConfig(documentOf(config)).architecture)
    if (platform.os !== 'linux' || family(platform.architecture) !== family(architecture)) {
      throw new LeporelloError('IMAGE_AMBIGUOUS', `The index says that the manifest ${digest} is for ` +
        `${quoted(`${platform.os}/${platform.architecture}`)}, and its config linux/${architecture}`)
    }
  }

  /**
   * Whether a manifest is what BuildKit adds beside an image: for no platform, by its label and by its config. Neither
   * the label nor an annotation is enough, since programs run an image whatever its label says.
   */
  isAttestation ({ platform }: Descriptor, config: ArchiveFile): boolean {
    if (platform?.architecture !== UNKNOWN || platform.os !== UNKNOWN) return false
    return madeOnce(this.#unknown, config, () => isForNothing(documentOf(config)))
  }
}

function isForNothing (config: Buffer): boolean {
  const fields = new JsonFields(parseDocument(config, WHAT), WHAT)
  const architecture = fields.optionalText('architecture') ?? UNKNOWN
  return architecture === UNKNOWN && (fields.optionalText('os') ?? UNKNOWN) === UNKNOWN
}

/**
 * Whether podman and skopeo find in an index what is labelled so: they compare letter by letter, and ask for a variant
 * only on arm.
 */
export function isFoundByPodman ({ architecture, variant = '' }: Platform): boolean {
  if (family(architecture) !== architecture) return false
  return variant === '' || architecture === 'arm' || (architecture === 'arm64' && variant === 'v8')
}

/** Whether programs on a machine of the architecture may choose what an index labels so; without a label they may. */
export function mayBeFor (architecture: Architecture, platform: Platform | undefined): boolean {
  if (platform === undefined) return true
  if (platform.os !== 'linux') return false
  const { architecture: family, variant } = platform
  return parsed(variant === undefined ? family : `${family}/${variant}`) === architecture
}

function family (spelling: string): string | undefined {
  return parsed(spelling)?.split('/')[0]
}

function parsed (spelling: string): Architecture | undefined {
  try {
    return parseArchitecture(spelling)
  } catch {
    return undefined
  }
}
