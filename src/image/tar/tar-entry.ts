import type { TarEntryType } from './tar-header.js'

/** One member of a tar, extended headers applied. */
export interface TarEntry {
  readonly type: Exclude<TarEntryType, 'pax' | 'pax-global' | 'gnu-name' | 'gnu-link'>
  readonly name: string
  /** What a link points to; empty for everything else. */
  readonly link: string
  /** Bytes of content that follow; always 0 for what has none, whatever its header says. */
  readonly size: number
  /** Where the content begins, in bytes from the start of the tar. */
  readonly offset: number
}

/** What a tar consists of, in order: every `entry` is followed by its `data` and one `end`. */
export type TarEvent =
  | { readonly kind: 'entry', readonly entry: TarEntry }
  | { readonly kind: 'data', readonly data: Buffer }
  | { readonly kind: 'end' }
