import { closest, distance } from 'fastest-levenshtein'
import { LeporelloError } from '../errors.js'
import { AMBIGUOUS, ASSUMED, BASELINES, MACHINE_NAMES, MEANINGS, PUBLISHED_KEYS, VARIANTS } from './architecture-vocabulary.js'
import { quoted } from './quoted.js'
import { withoutUserinfo } from './userinfo.js'

/**
 * A CPU architecture in the one spelling we compare by: Go's and OCI's `GOARCH[/variant]` in lower case, without the
 * variant where it is the family's baseline (`amd64`, not `amd64/v1`). The operating system is always Linux.
 */
export type Architecture = string & { readonly brand: 'Architecture' }

// White space around a name is refused with the rest: a worker looks its own name up exactly.
const WELL_FORMED = /^[A-Za-z0-9_.-]+(\/[A-Za-z0-9_.-]+){0,2}$/

// Of the variants only those of arm, which has no baseline.
const ACCEPTED: readonly string[] = [...new Set(MEANINGS.values())].filter(
  meaning => !meaning.includes('/') || meaning.startsWith('arm/'))

// Of equally near ones the first is suggested.
const SUGGESTIONS: readonly string[] = [
  ...ACCEPTED,
  ...[...VARIANTS].flatMap(([family, variants]) => variants.map(variant => `${family}/${variant}`)),
  ...MEANINGS.keys()
]

const LONGEST_TYPO = 32

/**
 * Reads any usual spelling, `[linux/]name[/variant]` in either case: what uname, Go, Debian, RPM, Alpine, Node,
 * Docker Hub, macOS or Windows call an architecture. The result parses to itself.
 *
 * @throws LeporelloError `ARCHITECTURE_UNKNOWN` with the accepted names and the `nearest` spelling (null when nothing
 * is near), `ARCHITECTURE_AMBIGUOUS` with what to write instead. Either message begins with the spelling.
 */
export function parseArchitecture (spelling: string): Architecture {
  const { name, variant } = dissect(spelling)
  const instead = AMBIGUOUS.get(name)
  if (instead !== undefined) throw ambiguous(spelling, instead)

  const meaning = MEANINGS.get(name) ?? ASSUMED.get(name)?.meaning
  if (meaning === undefined) throw unknown(spelling, 'is not a known architecture')
  if (variant === undefined) return canonical(meaning)

  const [family = meaning, implied] = meaning.split('/')
  if (VARIANTS.get(family)?.includes(variant) !== true) throw unknown(spelling, variantFlaw(family))
  if (implied !== undefined && implied !== variant && !ASSUMED.has(name)) {
    throw unknown(spelling, `contradicts itself: ${name} means ${meaning}`)
  }
  return canonical(`${family}/${variant}`)
}

/**
 * The assumption that `parseArchitecture` makes about a spelling which systems read differently (`armhf`, `armel`,
 * `arm`), as a sentence; undefined when it makes none.
 */
export function assumptionOf (spelling: string): string | undefined {
  const { name, variant } = dissect(spelling)
  const assumed = variant === undefined ? ASSUMED.get(name) : undefined
  if (assumed === undefined) return undefined
  return `${quoted(spelling)} is taken for ${assumed.meaning}, as containerd does; ${assumed.doubt}`
}

/**
 * The keys of `urls` under which workers find the architecture: machine names as `platform.machine().lower()` gives
 * them, and the canonical name. A machine name means the baseline, so other variants have their canonical name only.
 */
export function publishedKeys (architecture: Architecture): readonly string[] {
  return PUBLISHED_KEYS.get(architecture) ?? [architecture]
}

/** What `platform.machine()` says on a Linux machine of the architecture: the key by which a worker finds its image. */
export function machineName (architecture: Architecture): string {
  return MACHINE_NAMES.get(architecture) ?? architecture
}

/** The order in which architectures are listed: `amd64`, `arm64`, then the others alphabetically. */
export function compareArchitectures (a: Architecture, b: Architecture): number {
  return rank(a) - rank(b) || (a < b ? -1 : Number(a > b))
}

function rank (architecture: Architecture): number {
  return architecture === 'amd64' ? 0 : architecture === 'arm64' ? 1 : 2
}

function canonical (meaning: string): Architecture {
  const [family = meaning, variant] = meaning.split('/')
  return (variant === undefined || variant === BASELINES.get(family) ? family : meaning) as Architecture
}

function dissect (spelling: string): { readonly name: string, readonly variant: string | undefined } {
  if (!WELL_FORMED.test(spelling)) {
    throw unknown(spelling, 'is not an architecture, which is [linux/]name[/variant] of letters, digits and "_.-"')
  }
  const parts = spelling.toLowerCase().split('/')
  if (namesSystem(parts)) {
    const system = parts.shift()
    if (system !== 'linux') throw unknown(spelling, `is for ${system}; images are for linux`)
  }
  const [name = '', variant] = parts
  return { name, variant: variant?.replace(/^(?=\d)/, 'v').replace(/^(v[89])\.0$/, '$1') }
}

function namesSystem (parts: readonly string[]): boolean {
  const [first = '', second] = parts
  if (second === undefined) return false
  return parts.length === 3 || first === 'linux' || (!isName(first) && isName(second))
}

function isName (part: string): boolean {
  return MEANINGS.has(part) || ASSUMED.has(part) || AMBIGUOUS.has(part)
}

function variantFlaw (family: string): string {
  const variants = VARIANTS.get(family)
  return variants === undefined
    ? `has a variant, and ${family} has none`
    : `has an unknown variant; those of ${family} are ${variants.join(', ')}`
}

function ambiguous (spelling: string, instead: readonly string[]): LeporelloError {
  return new LeporelloError('ARCHITECTURE_AMBIGUOUS',
    `${quoted(spelling)} does not say which architecture it is; write ${instead.join(' or ')}`,
    { details: { architecture: withoutUserinfo(spelling), accepted: instead } })
}

function unknown (spelling: string, flaw: string): LeporelloError {
  const nearest = nearestTo(spelling)
  const hint = nearest === null ? '' : ` Did you mean ${quoted(nearest)}?`
  return new LeporelloError('ARCHITECTURE_UNKNOWN',
    `${quoted(spelling)} ${flaw}.${hint} Accepted: ${ACCEPTED.join(', ')}, and their usual other spellings`,
    { details: { architecture: withoutUserinfo(spelling), nearest, accepted: ACCEPTED } })
}

function nearestTo (spelling: string): string | null {
  const name = spelling.trim().toLowerCase().replace(/^linux\//, '')
  if (name.length > LONGEST_TYPO) return null
  const nearest = closest(name, SUGGESTIONS)
  return distance(name, nearest) <= (name.length < 5 ? 1 : 2) ? nearest : null
}
