import { parseArchitecture } from '../domain/architecture.js'
import { quoted } from '../domain/quoted.js'
import { LeporelloError } from '../errors.js'
import type { Descriptor } from './metadata/descriptor.js'
import { readImageConfig } from './metadata/image-config.js'

/**
 * Verifies that the platform an index states for an image is the one of its config: containerd chooses by the label,
 * docker's older store by nothing, and the registration goes by the config.
 */
export function verifyPlatformLabel ({ platform, digest }: Descriptor, config: Buffer): void {
  if (platform === undefined) return
  const { architecture } = readImageConfig(config)
  if (platform.os !== 'linux' || family(platform.architecture) !== family(architecture)) {
    throw new LeporelloError('IMAGE_AMBIGUOUS', `The index says that the manifest ${digest} is for ` +
      `${quoted(`${platform.os}/${platform.architecture}`)}, and its config linux/${architecture}`)
  }
}

function family (spelling: string): string | undefined {
  try {
    return parseArchitecture(spelling).split('/')[0]
  } catch {
    return undefined
  }
}
