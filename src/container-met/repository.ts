import type { Tarball } from './tarball.js'

/** A tarball that this run has stored. */
export interface Stored {
  readonly url: string
  /** What there was before. Only where that was nothing, it can go again without taking what a registration names. */
  readonly before: 'nothing' | 'a tarball' | 'unknown'
  /** Removes it, unless somebody else has put another one in its place since. */
  remove (): Promise<void>
}

export interface PutOptions {
  /** Told of so many more bytes that are stored. */
  readonly onBytes: (bytes: number) => void
  /** Told what the person should know, a sentence. */
  readonly warn: (message: string) => void
  readonly signal: AbortSignal
}

/** Where the tarballs go: a bucket or a folder. */
export interface Repository {
  /**
   * Stores the tarball under a url of this repository, over whatever is there, and whole or not at all.
   *
   * @throws Failure, a sentence that says what can be done.
   */
  put (tarball: Tarball, url: string, options: PutOptions): Promise<Stored>
  close (): void
}
