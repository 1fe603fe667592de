import { LeporelloError } from '../errors.js'
import { boundedList } from './architecture-list.js'
import { compareArchitectures, parseArchitecture, type Architecture } from './architecture.js'
import { quoted } from './quoted.js'
import { parseSentJson } from './sent-json.js'
import { unprintable } from './unprintable.js'

const LONGEST_BUILD_BYTES = 256

/** What images belong to: which build made them, and which architectures are its whole. */
export interface BuildOfImages {
  /** As CI names it, e.g. `$BUILD_NUMBER`; absent: the version alone says what belongs together. */
  readonly build?: string
  /** Nothing is shown before all of these are there; empty: each image is shown as it comes. */
  readonly expect: readonly Architecture[]
}

/** An empty text is refused: it is a script's variable that was never set, and would mix builds or show half of one. */
export function parseBuildOfImages (build: string | undefined, expect: string | undefined): BuildOfImages {
  return { ...build !== undefined && { build: parseBuild(build) }, expect: expect === undefined ? [] : parseExpected(boundedList('expect', expect)) }
}

/**
 * For what replaces a registration whole: it is shown at once.
 *
 * @throws LeporelloError `PARAMETER_INVALID` if something is expected besides.
 */
export function refuseExpect ({ expect }: BuildOfImages): void {
  if (expect.length > 0) throw invalid('expect', 'expect goes with a merge: what replaces a registration waits for nothing')
}

/** @throws LeporelloError `PARAMETER_INVALID` unless it is 1 to 256 bytes of UTF-8 without control characters. */
export function parseBuild (build: string): string {
  const bytes = Buffer.byteLength(build)
  const character = unprintable(build)
  if (bytes > 0 && bytes <= LONGEST_BUILD_BYTES && character === undefined) return build
  const flaw = character === undefined ? `is ${bytes} bytes long` : `has ${character}: ${quoted(build)}`
  throw invalid('build', `build ${flaw}; it may be 1 to ${LONGEST_BUILD_BYTES} bytes of UTF-8 without control characters`)
}

/** Spellings separated by commas or as a JSON list, e.g. `x86_64,arm64`; sorted, each architecture once. */
function parseExpected (text: string): Architecture[] {
  const spellings = text.trimStart().startsWith('[') ? listed(text) : text.split(',')
  const names = spellings.map(spelling => spelling.trim())
  if (names.length === 0 || names.includes('')) {
    throw invalid('expect', `expect must name the architectures of the whole, separated by commas, not ${quoted(text)}`)
  }
  return [...new Set(names.map(parseArchitecture))].sort(compareArchitectures)
}

function listed (text: string): string[] {
  try {
    const { items } = parseSentJson(text)
    return items.map(({ string }) => string ?? '')
  } catch (error) {
    if (error instanceof SyntaxError) throw invalid('expect', `expect is no JSON list: ${error.message}`)
    throw error
  }
}

function invalid (parameter: string, message: string): LeporelloError {
  return new LeporelloError('PARAMETER_INVALID', message, { details: { parameter } })
}
