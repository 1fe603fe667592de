/** A tarball as the sweep met it. */
export interface SweptTarball {
  readonly key: string
  /** In bytes, with its facts; 0 when it is gone already. */
  readonly size: number
}

export interface SparedTarball extends SweptTarball {
  /** To stand after "left alone: ". */
  readonly reason: string
}

/** What a sweep did, or would do. */
export interface SweepReport {
  readonly dryRun: boolean
  /** Why it stopped before its end, or did not begin, or the first removal that the store refused; what is listed below was done all the same. */
  stopped?: string
  /** How many tarballs lie in the store under keys of ours. */
  tarballs: number
  /** How many of them are too young to be judged. */
  young: number
  /** How many are old enough, and named by no document. */
  candidates: number
  /** Marked now: they go when the grace has passed again. */
  readonly condemned: SweptTarball[]
  /** Marked before, and the grace is not over. */
  readonly waiting: SweptTarball[]
  /** Marked before, and named again. */
  readonly pardoned: SweptTarball[]
  readonly deleted: SweptTarball[]
  /** Those that a sweep before had begun to delete. */
  readonly finished: SweptTarball[]
  readonly leftAlone: SparedTarball[]
  /** Uploads that never came to their end. */
  readonly abandoned: Array<{ readonly key: string, readonly startedAt: Date }>
  /** The ULIDs of uploads of which nothing is stored any more, whose records were removed. */
  readonly records: string[]
}

export function emptyReport (dryRun: boolean): SweepReport {
  return {
    dryRun,
    tarballs: 0,
    young: 0,
    candidates: 0,
    condemned: [],
    waiting: [],
    pardoned: [],
    deleted: [],
    finished: [],
    leftAlone: [],
    abandoned: [],
    records: []
  }
}
