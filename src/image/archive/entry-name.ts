import { LeporelloError } from '../../errors.js'
import { quoted } from '../../domain/quoted.js'
import { unprintable } from '../../domain/unprintable.js'

// Far above any real one; each is kept and compared.
const LONGEST_NAME = 1024

/**
 * The name of an archive's entry in the one form names are compared by: without `.` and repeated slashes. Names that
 * could leave the archive when it is unpacked are refused (`IMAGE_ENTRY_REFUSED`), wherever they point.
 */
export function entryName (raw: string): string {
  const flaw = flawOf(raw)
  if (flaw !== undefined) {
    throw new LeporelloError('IMAGE_ENTRY_REFUSED', `The archive has an entry named ${quoted(raw)}, which ${flaw}`)
  }
  return segmentsOf(raw).join('/')
}

/** Where a symbolic link leads within the archive; undefined when it leads out. */
export function linkTarget (from: string, link: string): string | undefined {
  if (link === '' || link.startsWith('/') || link.includes('\\') || unprintable(link) !== undefined) return undefined
  const path = from.split('/').slice(0, -1)
  for (const segment of segmentsOf(link)) {
    if (segment !== '..') path.push(segment)
    else if (path.pop() === undefined) return undefined
  }
  return path.join('/')
}

function flawOf (name: string): string | undefined {
  if (name === '') return 'is no name'
  if (name.length > LONGEST_NAME) return `is longer than ${LONGEST_NAME} characters`
  if (name.startsWith('/')) return 'is an absolute path'
  if (name.includes('\\')) return 'has a backslash'
  if (name.split('/').includes('..')) return 'climbs with ".."'
  const character = unprintable(name)
  return character === undefined ? undefined : `has ${character}`
}

function segmentsOf (path: string): string[] {
  return path.split('/').filter(segment => segment !== '' && segment !== '.')
}
