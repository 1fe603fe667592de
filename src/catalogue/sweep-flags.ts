import { placeOf, type TarballPlace } from '../domain/tarball-key.js'
import { Deadline } from '../deadline.js'
import type { DocumentIndex } from '../ports/document-index.js'
import { changeDocument, type Decision, type Present } from './change.js'

/** What the sweep is about to do with a tarball that no document names; kept in `meta`, a document for each. */
export interface SweepFlag {
  /** `condemned`: it goes when the grace has passed again, unless somebody names it. `deleting`: it is going. */
  readonly state: 'condemned' | 'deleting'
  /** When it was condemned, by the store's clock. */
  readonly at: string
  readonly key: string
}

export const FLAG_PREFIX = 'flag:'

export function flagId ({ ulid, file }: TarballPlace): string {
  return `${FLAG_PREFIX}${ulid}/${file}`
}

export interface SweepFlagsOptions {
  readonly index: DocumentIndex
  readonly requestTimeoutMs: number
}

/** The flags in the catalogue; every change is made on the flag that was read, since others sweep and reclaim as well. */
export class SweepFlags {
  readonly #index: DocumentIndex
  readonly #requestTimeoutMs: number

  constructor ({ index, requestTimeoutMs }: SweepFlagsOptions) {
    this.#index = index
    this.#requestTimeoutMs = requestTimeoutMs
  }

  /** All there are, by the tarball's key. */
  async all (): Promise<Map<string, SweepFlag>> {
    await this.#index.refresh('meta', Deadline.in(this.#requestTimeoutMs))
    const flags = new Map<string, SweepFlag>()
    for await (const page of this.#index.documents('meta', { after: FLAG_PREFIX })) {
      for (const { id, json } of page) {
        if (!id.startsWith(FLAG_PREFIX)) return flags
        const flag = JSON.parse(json) as SweepFlag
        const place = placeOf(flag.key)
        // What is deleted by a flag must be what the flag is of.
        if (place !== undefined && flagId(place) === id) flags.set(flag.key, flag)
      }
    }
    return flags
  }

  async condemn (key: string, at: Date): Promise<void> {
    const flag: SweepFlag = { state: 'condemned', at: at.toISOString(), key }
    await this.#change(key, ({ current }) => ({ write: current?.json ?? JSON.stringify(flag), result: undefined }))
  }

  /** Takes a condemned one's flag away; one that is being deleted stays so, and false is the answer. */
  async pardon (key: string): Promise<boolean> {
    return await this.#change(key, ({ current }) => {
      if (current === undefined) return { result: true }
      return read(current.json).state === 'condemned' ? { remove: true, result: true } : { result: false }
    })
  }

  /**
   * Marks it as being deleted; from then on nobody can register it again. Resolves to false when it is not condemned
   * any more, or was condemned anew: somebody reclaimed it meanwhile, or another sweep is done with it.
   */
  async begin ({ key, at }: SweepFlag): Promise<boolean> {
    return await this.#change(key, ({ current }) => {
      const flag = current && read(current.json)
      if (flag === undefined || flag.at !== at) return { result: false }
      return { write: JSON.stringify({ ...flag, state: 'deleting' }), result: true }
    })
  }

  async end (key: string): Promise<void> {
    await this.#change(key, ({ current }) => current === undefined ? { result: undefined } : { remove: true, result: undefined })
  }

  async #change<T> (key: string, decide: (present: Present) => Decision<T>): Promise<T> {
    const target = { index: this.#index, kind: 'meta', id: flagId(placeOf(key)!), deadline: Deadline.in(this.#requestTimeoutMs) } as const
    return await changeDocument(target, decide)
  }
}

function read (json: string): SweepFlag {
  return JSON.parse(json) as SweepFlag
}
