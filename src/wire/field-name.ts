import { LeporelloError } from '../errors.js'

const LONGEST_NAME = 1024

/** Why a field of a form is refused for its name, if it is; the parser of forms takes names of any length, and parts without one. */
export function nameRefusal (name: string | undefined): LeporelloError | undefined {
  if (name === undefined || name.length <= LONGEST_NAME) return undefined
  return new LeporelloError('TOO_LARGE', `the name of a field is longer than ${LONGEST_NAME} characters`)
}
