import { parseArchitecture } from '../../domain/architecture.js'
import type { Architecture } from '../../domain/architecture.js'
import { quoted } from '../../domain/quoted.js'
import { LeporelloError } from '../../errors.js'
import { parseDocument } from './json-document.js'
import { JsonFields } from './json-fields.js'

/** What an image says of itself, whoever packed it (OCI image specification, config.md). */
export interface ImageConfig {
  readonly architecture: Architecture
  /** As the config has it. */
  readonly variant: string | undefined
  /** Digests of the layers' tars, the base first. */
  readonly diffIds: readonly string[]
}

const WHAT = 'The image config'
// RFC 3339, as Go reads it.
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/

/** @throws LeporelloError `IMAGE_OS_UNSUPPORTED`, `IMAGE_METADATA_INVALID` or `IMAGE_AMBIGUOUS` */
export function readImageConfig (bytes: Buffer): ImageConfig {
  const fields = new JsonFields(parseDocument(bytes, WHAT), WHAT)
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
  verifyTime(fields)
  verifyHistory(fields, diffIds.length)
  return { architecture: architectureOf(fields, variant), variant, diffIds }
}

// Go reads no document with another time, and docker no config whose history has more layers than there are.
function verifyHistory (config: JsonFields, layers: number): void {
  const steps = config.list('history').map(step => new JsonFields(step, `A step of the history in ${WHAT}`))
  for (const step of steps) verifyTime(step)
  const full = steps.filter(step => !step.flag('empty_layer')).length
  if (full > layers) {
    throw new LeporelloError('IMAGE_METADATA_INVALID',
      `${WHAT} has ${layers} layers and a history of ${full}; docker does not load it`)
  }
}

function verifyTime (fields: JsonFields): void {
  const time = fields.optionalText('created')
  if (time !== undefined && !(TIME.test(time) && Number.isFinite(Date.parse(time)))) {
    throw new LeporelloError('IMAGE_METADATA_INVALID', `${WHAT} was created at ${quoted(time)}, which is no time`)
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
