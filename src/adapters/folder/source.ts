import type { Readable } from 'node:stream'

/** A body that is being written, and whether a failure was its own. */
export class Source {
  readonly #body: Readable
  #error: unknown

  constructor (body: Readable) {
    this.#body = body
    // It may fail before it is read, and an error that nobody listens to ends the process.
    body.on('error', () => {})
  }

  /** What `chunks` has thrown, if it has. */
  get error (): unknown {
    return this.#error
  }

  /** The bytes, once. Throws the body's error, and one of its own when the body is destroyed before its end. */
  async * chunks (): AsyncGenerator<Buffer> {
    try {
      yield * this.#body
    } catch (error) {
      this.#error = error
      throw error
    }
  }

  /** Reads no further. */
  destroy (): void {
    this.#body.destroy()
  }
}
