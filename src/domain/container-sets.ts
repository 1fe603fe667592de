import type { Architecture } from './architecture.js'
import type { ImageRecord } from './image-record.js'

/**
 * `direct`: a build that is shown image by image, which needs no more than a place. `waiting`: for the rest of its
 * architectures. `complete`: its owner is about to publish it. The others are over, as `direct` is; `expired`: nobody
 * completed it in time, somebody abandoned it, or the index refused what it would have become.
 */
export type SetState = 'direct' | 'waiting' | 'complete' | 'published' | 'superseded' | 'expired'

/** An image that waits, with who sent it and when. */
export interface SetImage {
  readonly architecture: Architecture
  readonly url: string
  readonly record: ImageRecord
  readonly by: string
  readonly at: string
}

/** A build of a container, or the set of images that makes it up. */
export interface ContainerSet {
  /** A ULID. Order is that of the list, not of the ids. */
  readonly id: string
  /** What its images have in common, see `setKey`. */
  readonly key: string
  readonly version: string
  readonly build?: string
  readonly expect: readonly Architecture[]
  /** None once it is over. */
  readonly images: readonly SetImage[]
  readonly state: SetState
  /** Of a complete one: the only one who may publish it. */
  readonly owner?: string
  /** When the last image joined. */
  readonly since: string
  readonly closed_at?: string
}

/** Ended ones are kept so long and so many, since they tell which build came first. */
const LEAST_KEPT = 100
const LONGEST_KEPT_MS = 30 * 24 * 3_600_000

/** The two cannot be mistaken for each other. */
export function setKey (build: string | undefined, version: string): string {
  return build === undefined ? `version:${version}` : `build:${build}`
}

/** Whether images may still join it, or it is still to be published. */
export function isOpen ({ state }: ContainerSet): boolean {
  return state === 'waiting' || state === 'complete'
}

/** The architectures that it waits for. */
export function missingFrom ({ expect, images }: ContainerSet): Architecture[] {
  return expect.filter(name => !images.some(({ architecture }) => architecture === name))
}

/** By what every set has had since there are any; what others wrote may be anything. */
function isSet (value: unknown): value is ContainerSet {
  const { id, key, state, since, expect, images } = (value ?? {}) as Partial<Record<keyof ContainerSet, unknown>>
  return [id, key, state, since].every(text => typeof text === 'string') && Array.isArray(expect) && Array.isArray(images)
}

/**
 * The sets document of a container: its builds in the order in which they were first seen. Immutable. It outlives the
 * container, and is never removed: absence has no version that a write could be held against.
 */
export class ContainerSets {
  readonly sets: readonly ContainerSet[]
  readonly #id: string

  private constructor (id: string, sets: readonly ContainerSet[]) {
    this.#id = id
    this.sets = sets
  }

  /** Reads a stored document (JSON text); without one there are no sets, nor in one that others wrote. */
  static parse (id: string, json: string | undefined): ContainerSets {
    const { sets } = JSON.parse(json ?? '{}') as { sets?: unknown }
    return new ContainerSets(id, Array.isArray(sets) ? sets.filter(isSet) : [])
  }

  /** The text to store; `open` is what the timer looks for. */
  get json (): string {
    return JSON.stringify({ open: this.sets.some(isOpen), id: this.#id, sets: this.sets })
  }

  /** The last one of that key. */
  latest (key: string): ContainerSet | undefined {
    return this.sets.findLast(set => set.key === key)
  }

  /** The last one of that key that is open. */
  open (key: string): ContainerSet | undefined {
    return this.sets.findLast(set => set.key === key && isOpen(set))
  }

  get (id: string): ContainerSet | undefined {
    return this.sets.find(set => set.id === id)
  }

  /** The one that is about to be published: there is one at most. */
  get complete (): ContainerSet | undefined {
    return this.sets.find(({ state }) => state === 'complete')
  }

  /** The place in the order; -1 for an id that is not known, which is a foreign document's, or for none. */
  position (id: string | undefined): number {
    return this.sets.findIndex(set => set.id === id)
  }

  /** Whether the registration has been beyond the set of that id, which it shows or showed. */
  arePast (id: string | undefined): boolean {
    return this.sets.findLastIndex(({ state }) => state === 'published' || state === 'superseded') > this.position(id)
  }

  /** With this one in the place of the one of its id. */
  replace (set: ContainerSet): ContainerSets {
    return new ContainerSets(this.#id, this.sets.map(each => each.id === set.id ? set : each))
  }

  append (set: ContainerSet): ContainerSets {
    return new ContainerSets(this.#id, [...this.sets, set]).#forgetful(new Date(set.since))
  }

  /** Right after the one of that id: a build keeps its place. */
  insertAfter (id: string, set: ContainerSet): ContainerSets {
    return new ContainerSets(this.#id, this.sets.flatMap(each => each.id === id ? [each, set] : [each]))
  }

  /** With a set over, and what it held forgotten. When one is published, those before it that wait are superseded. */
  close (id: string, state: 'published' | 'superseded' | 'expired', at: Date): ContainerSets {
    const position = this.position(id)
    return new ContainerSets(this.#id, this.sets.map((set, index) => {
      if (index === position) return closed(set, state, at)
      return state === 'published' && index < position && set.state === 'waiting' ? closed(set, 'superseded', at) : set
    })).#forgetful(at)
  }

  /**
   * Without the first ones, as far as they are over long ago and beyond the last hundred. Never one from between: where
   * the registration shows that one, nobody could tell any more that those before it are superseded.
   */
  #forgetful (now: Date): ContainerSets {
    const firstKept = this.sets.findIndex(set => isOpen(set) || now.getTime() - Date.parse(set.closed_at ?? set.since) < LONGEST_KEPT_MS)
    const disposable = Math.min(firstKept === -1 ? Infinity : firstKept, this.sets.length - LEAST_KEPT)
    return disposable <= 0 ? this : new ContainerSets(this.#id, this.sets.slice(disposable))
  }
}

function closed (set: ContainerSet, state: SetState, at: Date): ContainerSet {
  const { owner, ...rest } = set
  return { ...rest, images: [], state, closed_at: at.toISOString() }
}
