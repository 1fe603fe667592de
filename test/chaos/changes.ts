export const ARCHITECTURES = ['amd64', 'arm64', 's390x'] as const

export type Architecture = typeof ARCHITECTURES[number]

/** What tells one image from all others: the url it was sent as, or the sha256 of an uploaded tarball. */
export type Token = string

/** What a registration shows: nothing where there is none. */
export type Images = Readonly<Partial<Record<Architecture, Token>>>

/** A change that a client sent, by the clock of the run. */
export interface Change {
  readonly what: string
  readonly writes: Images
  /** What else it takes away. */
  readonly clears: 'others' | readonly Architecture[]
  readonly start: number
  /** When the client learned what became of it; Infinity until then. */
  end: number
  /** Whether it was answered as done, refused, or not at all. */
  outcome: 'under way' | 'done' | 'refused' | 'unknown'
  /** An attempt was left without an answer: it may still happen, once, at any time after the start. */
  loose: boolean
}

/** When somebody looked. */
export interface Look {
  readonly from: number
  readonly to: number
}

/**
 * What is wrong with what a look at a registration without builds showed: every image was sent by somebody, none is
 * shown over what certainly came later, none that was acknowledged is gone without a reason, and no change is seen in
 * part.
 */
export function mistakesIn (changes: readonly Change[], shown: Images, { from, to }: Look): string[] {
  const begun = changes.filter(({ start, outcome }) => start <= to && outcome !== 'refused')
  // What is seen in one place has happened, in all of its places.
  const happened = begun.filter(change => (change.outcome === 'done' && change.end < from) || isSeen(change, shown))
  return ARCHITECTURES.flatMap(architecture => {
    const touching = happened.filter(change => touches(change, architecture))
    const token = shown[architecture]
    if (token === undefined) {
      return touching.filter(({ writes }) => writes[architecture] !== undefined)
        .filter(change => !begun.some(other => other !== change && takesAway(other, architecture) && mayFollow(other, change)))
        .map(({ what }) => `${architecture} of ${what} is gone`)
    }
    const sender = begun.find(({ writes }) => writes[architecture] === token)
    if (sender === undefined) return [`${architecture} is ${token}, which nobody has sent, or which was refused`]
    return touching.filter(change => change !== sender && !mayFollow(sender, change))
      .map(({ what }) => `${architecture} of ${sender.what} is shown, although ${what} came after it`)
  })
}

/** Whether there is a registration all the time while somebody looks; undefined where that cannot be told. */
export function isThere (changes: readonly Change[], { from, to }: Look): boolean | undefined {
  const begun = changes.filter(({ start }) => start <= to)
  if (begun.some(({ end, loose, outcome }, n) => end >= from || loose || outcome === 'unknown' || end >= (begun[n + 1]?.start ?? Infinity))) return undefined
  let there = new Set<string>()
  for (const change of begun.filter(({ outcome }) => outcome === 'done')) {
    there = new Set([...there].filter(name => !takesAway(change, name as Architecture)))
    for (const name of Object.keys(change.writes)) there.add(name)
  }
  return there.size > 0
}

function isSeen ({ writes }: Change, shown: Images): boolean {
  return Object.entries(writes).some(([architecture, token]) => shown[architecture as Architecture] === token)
}

function touches (change: Change, architecture: Architecture): boolean {
  return change.writes[architecture] !== undefined || takesAway(change, architecture)
}

function takesAway ({ writes, clears }: Change, architecture: Architecture): boolean {
  return writes[architecture] === undefined && (clears === 'others' || clears.includes(architecture))
}

/** Whether the first may have happened after the second. */
function mayFollow (first: Change, second: Change): boolean {
  return first.loose || first.end >= second.start
}
