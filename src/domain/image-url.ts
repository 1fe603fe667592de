import { LeporelloError } from '../errors.js'
import { quoted } from './quoted.js'
import { unprintable } from './unprintable.js'

const LONGEST_URL_BYTES = 8192

/**
 * Returns `value` if a worker can name its cache file after it: at most 8 KiB of UTF-8 without control characters
 * and lone surrogates, and a base name that is not empty, `.` or `..`. Anything else is free text, a url or not.
 *
 * A HySDS worker's cache file is the text after the last slash, and osaka, which writes that file, cuts it at the
 * first `?` or `#`. Without a name, the "file" would be the cache directory itself, which the worker then loads.
 *
 * @throws LeporelloError `URL_INVALID` that names the parameter and the reason.
 */
export function parseImageUrl (parameter: string, value: string): string {
  const reason = flawOf(value)
  if (reason === undefined) return value
  throw new LeporelloError('URL_INVALID', `${parameter} ${reason}`, { details: { parameter } })
}

function flawOf (url: string): string | undefined {
  if (url === '') return 'is empty'
  const bytes = Buffer.byteLength(url)
  if (bytes > LONGEST_URL_BYTES) return `is ${bytes} bytes long; a url may have ${LONGEST_URL_BYTES}`
  const shown = quoted(url)
  const character = unprintable(url)
  if (character !== undefined) return `has ${character}: ${shown}`
  const name = baseNameOf(url)
  if (name === '') return `does not end in a file name: ${shown}`
  if (name === '.' || name === '..') return `ends in ${quoted(name)}, which is not a file name: ${shown}`
  return undefined
}

/** The name of a worker's cache file: what follows the last slash, up to a `?` or `#`, at which osaka cuts it. */
export function baseNameOf (url: string): string {
  const base = url.slice(url.lastIndexOf('/') + 1)
  const end = base.search(/[?#]/)
  return end === -1 ? base : base.slice(0, end)
}
