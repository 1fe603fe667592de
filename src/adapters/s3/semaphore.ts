/** So many permits; first come, first served. */
export class Semaphore {
  readonly permits: number
  #free: number
  readonly #waiting: Array<() => void> = []

  constructor (permits: number) {
    this.permits = permits
    this.#free = permits
  }

  get taken (): number {
    return this.permits - this.#free
  }

  /** Rejects with the signal's reason, without a permit, when the signal is aborted before there is one. */
  async take (signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    if (this.#free > 0) {
      this.#free--
      return
    }
    await new Promise<void>((resolve, reject) => {
      const enter = () => {
        signal.removeEventListener('abort', leave)
        resolve()
      }
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(enter), 1)
        reject(signal.reason)
      }
      this.#waiting.push(enter)
      signal.addEventListener('abort', leave, { once: true })
    })
  }

  give (): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#free++
    else next()
  }
}
