import type { Figures } from './figures.js'
import type { Ledger } from './ledger.js'
import type { Site } from './site.js'
import type { TarballFiles } from './tarball-files.js'

/** What all clients of a run share. */
export interface Work {
  readonly site: Site
  readonly figures: Figures
  readonly ledger: Ledger
  readonly files: TarballFiles
  readonly graceMs: number
  /** Everybody ends when it is. */
  isOver: boolean
  /** So many urls were made up. */
  sent: number
}
