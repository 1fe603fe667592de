import { createHash } from 'node:crypto'
import { LeporelloError } from '../../errors.js'
import { quoted } from '../../domain/quoted.js'
import { JsonFields } from './json-fields.js'

/** What an index says that an image runs on. */
export interface Platform {
  readonly architecture: string
  readonly os: string
  readonly variant: string | undefined
}

/** How one document of an image names another blob (OCI image specification, descriptor.md). */
export interface Descriptor {
  readonly mediaType: string
  /** `sha256:<64 hex digits>` */
  readonly digest: string
  readonly size: number
  readonly platform: Platform | undefined
  readonly annotations: JsonFields
}

const DIGEST = /^sha256:[0-9a-f]{64}$/

/**
 * @throws LeporelloError `IMAGE_METADATA_INVALID`, also for a blob that is to be fetched from somewhere else;
 * `IMAGE_CHECKSUM_MISMATCH` for one that is given beside its digest and is another.
 */
export function readDescriptor (fields: JsonFields, what: string): Descriptor {
  const digest = fields.text('digest')
  if (!DIGEST.test(digest)) {
    throw new LeporelloError('IMAGE_METADATA_INVALID', `${what} has the digest ${quoted(digest)}; ` +
      'accepted are sha256: and 64 lower-case hexadecimal digits')
  }
  if (fields.list('urls').length > 0) {
    throw new LeporelloError('IMAGE_METADATA_INVALID',
      `${what} is to be fetched from urls of its own; an image must be complete in its archive`)
  }
  verifyData(fields.optionalText('data'), digest, what)
  const platform = fields.optionalFields('platform')
  return {
    mediaType: fields.text('mediaType'),
    digest,
    size: fields.count('size'),
    platform: platform && {
      architecture: platform.text('architecture'),
      os: platform.text('os'),
      variant: platform.optionalText('variant') || undefined
    },
    annotations: fields.optionalFields('annotations') ?? new JsonFields({}, what)
  }
}

// Some programs take a blob from its descriptor where it is there as well.
function verifyData (data: string | undefined, digest: string, what: string): void {
  if (data === undefined) return
  const actual = `sha256:${createHash('sha256').update(data, 'base64').digest('hex')}`
  if (actual !== digest) {
    throw new LeporelloError('IMAGE_CHECKSUM_MISMATCH', `${what} has the data of ${actual} for the digest ${digest}`)
  }
}
