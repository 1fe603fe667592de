/** What is counted during a run, and what was found wrong. */
export class Figures {
  readonly mistakes: string[] = []
  readonly #counts = new Map<string, Map<string, number>>()
  readonly #began = performance.now()

  count (what: string, kind: string, times = 1): void {
    const counts = this.#counts.get(what) ?? new Map<string, number>()
    counts.set(kind, (counts.get(kind) ?? 0) + times)
    this.#counts.set(what, counts)
  }

  of (what: string): ReadonlyMap<string, number> {
    return this.#counts.get(what) ?? new Map()
  }

  total (what: string): number {
    return [...this.of(what).values()].reduce((a, b) => a + b, 0)
  }

  /** Milliseconds since the run began. */
  now (): number {
    return performance.now() - this.#began
  }

  /** With what it was about. */
  wrong (about: string, mistakes: readonly string[]): void {
    for (const mistake of mistakes) this.mistakes.push(`${Math.round(this.now())} ms: ${about}: ${mistake}`)
  }

  lines (): string[] {
    return [...this.#counts].sort(([a], [b]) => a < b ? -1 : 1).map(([what, counts]) =>
      `${what}: ${this.total(what)} (${[...counts].sort(([a], [b]) => a < b ? -1 : 1).map(([kind, count]) => `${kind} ${count}`).join(', ')})`)
  }
}
