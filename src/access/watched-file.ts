import { readFile, stat } from 'node:fs/promises'
import { performance } from 'node:perf_hooks'

/** A file is looked at again so often at most. */
const LOOK_AGAIN_MS = 1000

/** What a file says, read again when it has changed. */
export class WatchedFile<T> {
  readonly path: string
  readonly #parse: (text: string) => T
  readonly #onTrouble: (error: Error) => void
  #content: T | undefined
  #state = ''
  #lookedAt = -Infinity
  #first: Promise<T> | undefined

  /** `parse` throws an Error that says what is wrong; the one that comes after the first reading goes to `onTrouble`. */
  constructor (path: string, parse: (text: string) => T, onTrouble: (error: Error) => void) {
    this.path = path
    this.#parse = parse
    this.#onTrouble = onTrouble
  }

  /**
   * Rejects when it cannot be read; what was read last is kept when that happens later. The same object until it has changed.
   * With `now` it is as the file is after the call.
   */
  async content ({ now = false }: { readonly now?: boolean } = {}): Promise<T> {
    if (this.#content !== undefined) return await this.#lookAgain(this.#content, now)
    this.#lookedAt = performance.now()
    this.#first ??= this.#read().finally(() => { this.#first = undefined })
    return await this.#first
  }

  async #lookAgain (content: T, now: boolean): Promise<T> {
    const isDue = performance.now() - this.#lookedAt >= LOOK_AGAIN_MS
    if (!isDue && !now) return content
    if (isDue) this.#lookedAt = performance.now()
    try {
      return await this.#read()
    } catch (error) {
      if (isDue) this.#onTrouble(error as Error)
      return content
    }
  }

  async #read (): Promise<T> {
    const { mtimeMs, ino, size } = await stat(this.path)
    const state = `${mtimeMs} ${ino} ${size}`
    if (this.#content === undefined || state !== this.#state) {
      this.#content = this.#parse(await readFile(this.path, 'utf8'))
      this.#state = state
    }
    return this.#content
  }
}
