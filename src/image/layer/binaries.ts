/** The programs and libraries of one architecture, as Go names it, and the path of one of them. */
export interface BinaryCount {
  readonly architecture: string
  readonly count: number
  readonly example: string
}

interface Tally {
  count: number
  example: string
  system: boolean
}

const LONGEST_EXAMPLE = 200
// What the system runs says more about an image than what its users ship in it.
const SYSTEM = /(^|\/)s?(bin|lib|lib32|lib64)\//

/** Counts programs and libraries by architecture; the example kept is one of the system's where there is one. */
export class Binaries {
  readonly #tallies = new Map<string, Tally>()

  add (architecture: string, path: string): void {
    const system = SYSTEM.test(path)
    const tally = this.#tallies.get(architecture)
    if (tally === undefined) {
      this.#tallies.set(architecture, { count: 1, example: path.slice(0, LONGEST_EXAMPLE), system })
      return
    }
    tally.count++
    if (system && !tally.system) Object.assign(tally, { example: path.slice(0, LONGEST_EXAMPLE), system })
  }

  merge (others: Binaries): void {
    for (const [architecture, { count, example }] of others.#tallies) {
      this.add(architecture, example)
      this.#tallies.get(architecture)!.count += count - 1
    }
  }

  /** The most frequent first. */
  counts (): BinaryCount[] {
    return [...this.#tallies]
      .map(([architecture, { count, example }]) => ({ architecture, count, example }))
      .sort((a, b) => b.count - a.count || (a.architecture < b.architecture ? -1 : 1))
  }
}
