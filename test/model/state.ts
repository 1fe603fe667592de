/** What can be seen of an image: its url and own version and, of one that was uploaded, which it is. */
export interface Image {
  readonly url: string
  readonly version: string
  readonly sha256?: string
}

export type Images = Readonly<Record<string, Image>>

/** What can be seen of a document: each architecture's image, the fallback, the version, the build. */
export interface Content {
  readonly images: Images
  readonly url: string | null
  readonly version: string
  readonly build?: string
}

/** A container as the model has it. */
export interface Registration {
  readonly content: Content
  /** The place among the sets of the last one that was written into it. */
  readonly set?: number
  /** What an answer said it is; undefined where no answer told. */
  readonly tag: string | undefined
}

/** A place in the order of builds. */
export interface BuildSet {
  readonly build?: string
  readonly version: string
  readonly expect: readonly string[]
  readonly images: Images
  readonly state: 'direct' | 'waiting' | 'complete' | 'published' | 'superseded' | 'expired'
  /** Of a direct one, the numbers of the requests under way that rely on it; of a complete one, that of its owner. */
  readonly by?: readonly number[]
  /** Of a complete one: the registration has shown it. */
  readonly shown?: true
}

/** All there is under a name: the registration, and the builds in the order in which they were first seen. */
export interface State {
  readonly registration: Registration | null
  readonly sets: readonly BuildSet[]
}

export const NOTHING: State = { registration: null, sets: [] }

export function contentOf (images: Images, version: string, build: string | undefined): Content {
  return { images: sorted(images), url: images['amd64']?.url ?? null, version, ...build !== undefined && { build } }
}

/** Without a build all of one version belong together. */
export function latestOf (sets: ReadonlyArray<BuildSet | undefined>, build: string | undefined, version: string): number {
  return sets.findLastIndex(set => set !== undefined && set.build === build && (build !== undefined || set.version === version))
}

export function isOpen ({ state }: BuildSet): boolean {
  return state === 'waiting' || state === 'complete'
}

/** The state with a set put in at a place, or another one in its stead. */
export function withSet ({ registration, sets }: State, at: number, set: BuildSet, mode: 'insert' | 'replace'): State {
  const moves = mode === 'insert' && registration?.set !== undefined && registration.set >= at
  return {
    registration: moves ? { ...registration, set: registration.set! + 1 } : registration,
    sets: sets.toSpliced(at, mode === 'insert' ? 0 : 1, set)
  }
}

/** A set that is over: what it held is forgotten. */
export function over ({ shown, ...set }: BuildSet, state: BuildSet['state']): BuildSet {
  return { ...set, images: {}, state }
}

export function isBy ({ by }: BuildSet, number: number): boolean {
  return by !== undefined && by.includes(number)
}

export function sorted (images: Images): Images {
  return Object.fromEntries(Object.entries(images).sort(([a], [b]) => a < b ? -1 : 1))
}
