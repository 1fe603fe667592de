import { withoutUserinfo } from '../domain/userinfo.js'
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

/** Where container-met.py keeps a tarball's lock. One that failed leaves it, and osaka stops at it, also when it is to fetch. */
export function lockOf (url: string): string {
  return `${url}.osaka.locked.json`
}

/** What to say of a lock that is there. */
export function lockWarning (url: string): string {
  return `${withoutUserinfo(lockOf(url))} is there, left by a container-met.py: until it is removed, workers do not load the tarball`
}
