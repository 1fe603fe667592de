import { LeporelloError } from '../errors.js'

const LONGEST_BYTES = 8192

/**
 * Returns a value that is stored as it is, if it is not too long: a container's sets keep that of every build for a month.
 *
 * @throws LeporelloError `PARAMETER_INVALID` that names the parameter.
 */
export function parseFreeText (parameter: string, value: string): string {
  const bytes = Buffer.byteLength(value)
  if (bytes <= LONGEST_BYTES) return value
  throw new LeporelloError('PARAMETER_INVALID', `${parameter} is ${bytes} bytes long; it may have ${LONGEST_BYTES}`, { details: { parameter } })
}
