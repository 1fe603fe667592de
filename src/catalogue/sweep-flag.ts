import type { TarballPlace } from '../domain/tarball-key.js'

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
