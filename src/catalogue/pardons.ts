import { placeOf, placesInText } from '../domain/tarball-key.js'
import { withPlainSlashes } from './named-tarballs.js'
import { flagId, type SweepFlags } from './sweep-flags.js'

/**
 * For documents that get into the catalogue past the service, which would reclaim what they name: keeps a sweep that is
 * under way from removing it. What is condemned later has a whole grace in which a sweep sees the documents.
 */
export class Pardons {
  readonly #flags: SweepFlags
  /** By the flag's id. */
  readonly #condemned: ReadonlyMap<string, string>

  private constructor (flags: SweepFlags, condemned: ReadonlyMap<string, string>) {
    this.#flags = flags
    this.#condemned = condemned
  }

  /** Knows what is condemned now. */
  static async read (flags: SweepFlags): Promise<Pardons> {
    const all = await flags.all()
    return new Pardons(flags, new Map([...all.keys()].map(key => [flagId(placeOf(key)!), key])))
  }

  /** To be called before the document is written. Resolves to the keys of those that a sweep has begun to remove. */
  async pardonNamedIn (json: string): Promise<string[]> {
    if (this.#condemned.size === 0) return []
    const keys = new Set(placesInText(withPlainSlashes(json)).flatMap(place => this.#condemned.get(flagId(place)) ?? []))
    const late: string[] = []
    for (const key of keys) if (!await this.#flags.pardon(key)) late.push(key)
    return late
  }
}
