import { SingleBar, type Params } from 'cli-progress'
import { readableSize } from '../domain/readable-size.js'

const BAR_CHARACTERS = 20

/** How far a transfer has come, on stderr: a bar with rate and time left on a terminal, otherwise a line at either end. */
export class ProgressBar {
  #bar: SingleBar | undefined
  #name = ''
  #bytes = 0

  /** Begins one, from nothing; one that is on its way ends. `totalBytes` is undefined where nobody knows. */
  start (name: string, totalBytes: number | undefined): void {
    this.#bar?.stop()
    this.#name = name
    this.#bytes = 0
    const of = totalBytes === undefined ? '' : ` (${readableSize(totalBytes)})`
    if (!process.stderr.isTTY) {
      process.stderr.write(`leporello: ${name}${of}\n`)
      return
    }
    this.#bar = new SingleBar({
      format: (_options, params) => describe(name, totalBytes, params),
      barsize: BAR_CHARACTERS,
      clearOnComplete: true,
      etaBuffer: 100
    })
    this.#bar.start(totalBytes ?? 0, 0)
  }

  advance (bytes: number): void {
    this.#bytes += bytes
    this.#bar?.update(this.#bytes)
  }

  /** It is over, whole or not. */
  end (): void {
    this.#bar?.stop()
    this.#bar = undefined
    process.stderr.write(`leporello: ${this.#name}: ${readableSize(this.#bytes)}\n`)
  }
}

function describe (name: string, totalBytes: number | undefined, { progress, value, startTime, eta }: Params): string {
  const seconds = Math.max((Date.now() - startTime) / 1000, 0.001)
  const rate = `${readableSize(Math.round(value / seconds))}/s`
  if (totalBytes === undefined) return `${name}  ${readableSize(value)}  ${rate}`
  const filled = Math.round(progress * BAR_CHARACTERS)
  const bar = '='.repeat(filled) + ' '.repeat(BAR_CHARACTERS - filled)
  const left = Number.isFinite(eta) ? `${Math.ceil(eta)} s left` : ''
  return `${name} [${bar}] ${Math.floor(progress * 100)}%  ${readableSize(value)} of ${readableSize(totalBytes)}  ${rate}  ${left}`
}
