import { LeporelloError } from '../errors.js'

/** All architectures in all their spellings take a tenth of that. */
const MOST_CHARACTERS = 16_384

/**
 * Returns what names architectures, one after another, if it can be a list of theirs: each name costs time, and for each
 * container that is looked at once more.
 *
 * @throws LeporelloError `TOO_LARGE` that names the parameter.
 */
export function boundedList (parameter: string, text: string): string {
  if (text.length <= MOST_CHARACTERS) return text
  throw new LeporelloError('TOO_LARGE', `${parameter} is ${text.length} characters long; a list of architectures may have ${MOST_CHARACTERS}`,
    { details: { parameter } })
}
