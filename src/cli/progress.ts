import { performance } from 'node:perf_hooks'

const EVERY_MS = 1000

/** Counts on stderr: a line that renews itself on a terminal, otherwise one line at the end. */
export class Progress {
  readonly #verb: string
  readonly #counts = new Map<string, number>()
  #shown = performance.now()

  constructor (verb: string) {
    this.#verb = verb
  }

  get total (): number {
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0)
  }

  counted (what: string): number {
    return this.#counts.get(what) ?? 0
  }

  count (what: string): void {
    this.#counts.set(what, this.counted(what) + 1)
    if (!process.stderr.isTTY || performance.now() - this.#shown < EVERY_MS) return
    this.#shown = performance.now()
    process.stderr.write(`\r${this.#text()} ...`)
  }

  /** A line of its own. */
  say (line: string): void {
    process.stderr.write(`${process.stderr.isTTY ? '\r' : ''}leporello: ${line}\n`)
  }

  end (): void {
    this.say(this.#text())
  }

  /** All counts by what they are of. */
  get counts (): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts)
  }

  #text (): string {
    const counts = [...this.#counts].map(([what, count]) => `${count} ${what}`)
    return `${this.#verb} ${counts.length === 0 ? 'nothing' : counts.join(', ')}`
  }
}
