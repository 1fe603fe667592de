/** How long answers took, in buckets that are 5 % apart: ten minutes of traffic take no more memory than a second. */
export class Latencies {
  readonly #counts: number[] = []
  #total = 0

  get count (): number {
    return this.#total
  }

  add (ms: number): void {
    const bucket = Math.max(0, Math.ceil(Math.log(Math.max(ms, 0.01) / 0.01) / Math.log(1.05)))
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1
    this.#total++
  }

  /** In milliseconds, at most 5 % too high. */
  quantile (share: number): number {
    let seen = 0
    for (const [bucket, count = 0] of this.#counts.entries()) {
      seen += count
      if (seen >= this.#total * share) return 0.01 * 1.05 ** bucket
    }
    return 0
  }
}
