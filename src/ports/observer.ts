/** How an upload ended: `refused` with a code for what was sent, `broken off` by its client, `failed` by no fault of theirs. */
export type UploadEnding =
  | { readonly outcome: 'registered' | 'waiting' | 'broken off' | 'failed' }
  | { readonly outcome: 'refused', readonly code: string }

/** Told of what only the inside knows, for metrics. Whatever it does is quick and never throws. */
export interface Observer {
  /** So many documents were asked for, or written, by one request to the search engine. */
  batched (direction: 'read' | 'write', documents: number): void

  /** A change of a container was answered; so often somebody else's write had come before its own. */
  changed (conflicts: number): void

  /** So many more bytes of a tarball came, whatever becomes of them. */
  received (bytes: number): void

  uploaded (ending: UploadEnding, seconds: number): void
}
