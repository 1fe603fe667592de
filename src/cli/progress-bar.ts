import type { MultiBar, SingleBar } from 'cli-progress'
import { readableSize } from '../domain/readable-size.js'

/** One transfer's. */
export interface ProgressBar {
  advance (bytes: number): void
  end (): void
}

/** How far transfers are, for as many at once as there are. */
export interface ProgressBars {
  start (name: string, totalBytes: number): ProgressBar
  /** A line of its own, between the bars or in place of them. */
  say (line: string): void
  /** Leaves the terminal as it was; what is said after that is a line. */
  stop (): void
}

type Terminal = NodeJS.WritableStream & { readonly isTTY?: boolean }

const QUARTER = 4

/** Bars with rate and time left on a terminal, otherwise a line for each quarter. */
export async function progressBars (program: string, stream: Terminal = process.stderr): Promise<ProgressBars> {
  if (stream.isTTY !== true) return new ProgressLines(program, stream)
  // Loaded only where there is somebody to look.
  const { default: { MultiBar } } = await import('cli-progress')
  return new TerminalBars(program, stream, new MultiBar({
    stream,
    format: '{name} [{bar}] {percentage}% of {size}, {rate}/s, {eta_formatted} left',
    barCompleteChar: '=',
    barIncompleteChar: ' ',
    barsize: 16,
    hideCursor: true,
    gracefulExit: false
  }))
}

class TerminalBars implements ProgressBars {
  readonly #program: string
  readonly #stream: Terminal
  readonly #bars: MultiBar

  constructor (program: string, stream: Terminal, bars: MultiBar) {
    this.#program = program
    this.#stream = stream
    this.#bars = bars
  }

  start (name: string, totalBytes: number): ProgressBar {
    const started = performance.now()
    const shown = { name, size: readableSize(totalBytes), rate: readableSize(0) }
    const bar: SingleBar = this.#bars.create(totalBytes, 0, shown)
    let done = 0
    return {
      advance: bytes => {
        done += bytes
        bar.update(done, { rate: readableSize(Math.round(done * 1000 / Math.max(1, performance.now() - started))) })
      },
      end: () => { bar.stop() }
    }
  }

  say (line: string): void {
    if (this.#bars.isActive) this.#bars.log(`${this.#program}: ${line}\n`)
    else this.#stream.write(`${this.#program}: ${line}\n`)
  }

  stop (): void {
    this.#bars.stop()
  }
}

class ProgressLines implements ProgressBars {
  readonly #program: string
  readonly #stream: Terminal

  constructor (program: string, stream: Terminal) {
    this.#program = program
    this.#stream = stream
  }

  start (name: string, totalBytes: number): ProgressBar {
    let [done, quarters] = [0, 0]
    return {
      advance: bytes => {
        done += bytes
        const reached = Math.floor(QUARTER * done / totalBytes)
        if (reached === quarters) return
        quarters = reached
        this.say(`${name}: ${25 * reached}% of ${readableSize(totalBytes)}`)
      },
      end: () => {}
    }
  }

  say (line: string): void {
    this.#stream.write(`${this.#program}: ${line}\n`)
  }

  stop (): void {}
}
