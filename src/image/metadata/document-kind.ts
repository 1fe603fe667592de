import { LeporelloError } from '../../errors.js'
import { quoted } from '../../domain/quoted.js'
import type { JsonFields } from './json-fields.js'

/** Refuses a document that is an index to some programs and a manifest to others (CVE-2021-41190). */
export function rejectFields (fields: JsonFields, what: string, names: readonly string[]): void {
  const name = names.find(name => fields.has(name))
  if (name !== undefined) {
    throw new LeporelloError('IMAGE_AMBIGUOUS', `${what} also has ${quoted(name)}: programs disagree what it is`)
  }
}

export function verifyVersion (fields: JsonFields, what: string): void {
  if (fields.count('schemaVersion') !== 2) {
    throw new LeporelloError('IMAGE_METADATA_INVALID', `${what} has another "schemaVersion" than 2`)
  }
}

/** Refuses a document that is of another media type than its descriptor says. */
export function verifyMediaType (fields: JsonFields, mediaType: string, digest: string): void {
  const own = fields.optionalText('mediaType')
  if (own !== undefined && own !== mediaType) {
    throw new LeporelloError('IMAGE_AMBIGUOUS',
      `The blob ${digest} calls itself ${quoted(own)} where its descriptor says ${quoted(mediaType)}`)
  }
}
