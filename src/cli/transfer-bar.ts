import { readableSize } from '../domain/readable-size.js'
import { progressBars, type ProgressBar, type ProgressBars } from './progress-bar.js'
import { undoneWhenStopped } from './stop.js'

/** How far one transfer has come, begun anew as often as it is, on stderr; also of a stream whose end nobody knows. */
export class TransferBar {
  readonly #bars: ProgressBars
  #bar: ProgressBar | undefined
  #name = ''
  #bytes = 0

  private constructor (bars: ProgressBars) {
    this.#bars = bars
  }

  /** Runs `work` with a bar, and leaves the terminal as it was, also when a signal ends it. */
  static async with<T> (work: (bar: TransferBar) => Promise<T>): Promise<T> {
    const bars = await progressBars('leporello')
    const bar = new TransferBar(bars)
    try {
      return await undoneWhenStopped(() => { bars.stop() }, () => work(bar))
    } finally {
      bar.end()
      bars.stop()
    }
  }

  /** Begins, from nothing; what is on its way ends. `doing` and `what` say it: `uploading`, `container-hello:1.0`. */
  start (doing: string, what: string, totalBytes: number | undefined): void {
    this.end()
    this.#name = what
    this.#bytes = 0
    this.say(`${doing} ${what}${totalBytes === undefined ? '' : ` (${readableSize(totalBytes)})`}`)
    this.#bar = totalBytes === undefined || totalBytes === 0 ? this.#counter() : this.#bars.start(what, totalBytes)
  }

  advance (bytes: number): void {
    this.#bytes += bytes
    this.#bar?.advance(bytes)
  }

  /** It is over, whole or not. */
  end (): void {
    this.#bar?.end()
    this.#bar = undefined
  }

  say (line: string): void {
    this.#bars.say(line)
  }

  #counter (): ProgressBar {
    return { advance () {}, end: () => { this.say(`${this.#name}: ${readableSize(this.#bytes)}`) } }
  }
}
