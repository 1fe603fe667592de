import { parseArchitecture } from '../../domain/architecture.js'
import type { Architecture } from '../../domain/architecture.js'
import { quoted } from '../../domain/quoted.js'
import { LeporelloError } from '../../errors.js'
import { parseDocument } from './json-document.js'
import { JsonFields } from './json-fields.js'
import { verifyShape } from './shape.js'
import { CONFIG } from './shapes.js'

/** What an image says of itself, whoever packed it (OCI image specification, config.md). */
export interface ImageConfig {
  readonly architecture: Architecture
  /** The architecture as the config spells it. */
  readonly spelling: string
  /** As the config has it. */
  readonly variant: string | undefined
  /** Digests of the layers' tars, the base first. */
  readonly diffIds: readonly string[]
}

const WHAT = 'The image config'

/** @throws LeporelloError `IMAGE_OS_UNSUPPORTED`, `IMAGE_METADATA_INVALID` or `IMAGE_AMBIGUOUS` */
export function readImageConfig (bytes: Buffer): ImageConfig {
  const document = parseDocument(bytes, WHAT)
  const fields = new JsonFields(document, WHAT)
  const os = fields.optionalText('os') || undefined
  if (os !== 'linux') {
    throw new LeporelloError('IMAGE_OS_UNSUPPORTED',
      `${WHAT} ${os === undefined ? 'names no operating system' : `is for ${quoted(os)}`}; only linux is accepted`)
  }
  const rootfs = fields.fields('rootfs')
  const type = rootfs.text('type')
  if (type !== 'layers') {
    throw new LeporelloError('IMAGE_METADATA_INVALID', `${WHAT} has a rootfs of type ${quoted(type)}, not "layers"`)
  }
  const variant = fields.optionalText('variant') || undefined
  const diffIds = rootfs.texts('diff_ids')
  verifyShape(CONFIG, document, WHAT)
  verifyHistory(fields, diffIds.length)
  return { architecture: architectureOf(fields, variant), spelling: fields.text('architecture'), variant, diffIds }
}

function verifyHistory (config: JsonFields, layers: number): void {
  const steps = config.list('history') as readonly ({ readonly empty_layer?: boolean | null } | null)[]
  const full = steps.filter(step => step?.empty_layer !== true).length
  if (full > layers) {
    throw new LeporelloError('IMAGE_METADATA_INVALID',
      `${WHAT} has ${layers} layers and a history of ${full}; docker does not load it`)
  }
}

function architectureOf (fields: JsonFields, variant: string | undefined): Architecture {
  const family = fields.text('architecture')
  try {
    if (family.includes('/')) throw new Error(`${quoted(family)} is a platform`)
    return parseArchitecture(variant === undefined ? family : `${family}/${variant}`)
  } catch (error) {
    throw new LeporelloError('IMAGE_METADATA_INVALID',
      `${WHAT} has no usable architecture: ${(error as Error).message}`, { cause: error })
  }
}
