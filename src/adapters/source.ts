import type { Readable } from 'node:stream'

/** A body that is being stored, and whether a failure was its own. */
export class Source {
  readonly #body: Readable
  #size = 0
  #failed = false

  constructor (body: Readable) {
    this.#body = body
    // It may fail before it is read, and an error that nobody listens to ends the process.
    body.on('error', () => {})
  }

  /** Whether the body errored or was destroyed before its end, which is then what `chunks` has thrown. */
  get failed (): boolean {
    return this.#failed
  }

  /** The bytes read so far. */
  get size (): number {
    return this.#size
  }

  async * chunks (): AsyncGenerator<Buffer> {
    try {
      for await (const chunk of this.#body) {
        this.#size += chunk.length
        yield chunk
      }
    } catch (error) {
      this.#failed = true
      throw error
    }
  }
}
