/** Shows how far transfers are. */
export interface Progress {
  start (name: string, totalBytes: number): Transfer
}

export interface Transfer {
  advance (bytes: number): void
  /** It is complete, or has failed. */
  end (): void
}
