import { performance } from 'node:perf_hooks'
import type { ContainerSet, ContainerSets } from '../domain/container-sets.js'
import { newOwnership } from './ownership.js'
import type { Publication } from './pending-change.js'

export interface TakeoverOptions {
  /** For how long a set must be seen in the same hands, by this process's own clock; see `leastTakeoverMs`. */
  readonly takeoverMs: number
  readonly requestTimeoutMs: number
}

/** A complete set that was seen, in whose hands, and since when. */
interface Sighting {
  readonly set: string
  readonly owner: string | undefined
  readonly since: number
}

/** B5: which complete sets this process has seen for so long that their owners must have died. */
export class Takeover {
  readonly #options: TakeoverOptions
  readonly #sightings = new Map<string, Sighting>()

  constructor (options: TakeoverOptions) {
    this.#options = options
  }

  /**
   * The sets with the complete one in new hands, when it is due; to be published if writing them is known to have
   * succeeded, and not otherwise. Undefined when there is none that is due.
   */
  claim (id: string, sets: ContainerSets): { readonly sets: ContainerSets, readonly publication: Publication } | undefined {
    const { complete } = sets
    if (complete === undefined || !this.#isDue(id, complete)) return undefined
    const ownership = newOwnership(this.#options.requestTimeoutMs)
    const set = { ...complete, owner: ownership.owner }
    return { sets: sets.replace(set), publication: { set, ownership } }
  }

  /** Forgets what was seen of the others. */
  keepOnly (ids: ReadonlySet<string>): void {
    for (const id of this.#sightings.keys()) if (!ids.has(id)) this.#sightings.delete(id)
  }

  #isDue (id: string, { id: set, owner }: ContainerSet): boolean {
    const seen = this.#sightings.get(id)
    if (seen?.set === set && seen.owner === owner) return performance.now() - seen.since >= this.#options.takeoverMs
    this.#sightings.set(id, { set, owner, since: performance.now() })
    return false
  }
}
