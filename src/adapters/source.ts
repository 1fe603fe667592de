import { finished, type Readable } from 'node:stream'

/** A body that is being stored, and whether a failure was its own. */
export class Source {
  readonly #body: Readable
  readonly #gone = new AbortController()
  #size = 0
  #error: unknown

  constructor (body: Readable) {
    this.#body = body
    // From here on, since it may fail before it is read: an error that nobody listens to ends the process.
    finished(body, { writable: false }, error => error && this.#gone.abort(error))
  }

  /** What `chunks` has thrown, if it has. */
  get error (): unknown {
    return this.#error
  }

  /** Aborted when the body errors or is destroyed before its end, with its error as the reason. */
  get gone (): AbortSignal {
    return this.#gone.signal
  }

  /** How many bytes were read. */
  get size (): number {
    return this.#size
  }

  /** The bytes, once; before each read `ready` is waited for, with the size so far. Throws the body's error. */
  async * chunks (ready: (size: number) => Promise<void> = async () => {}): AsyncGenerator<Buffer> {
    try {
      await ready(0)
      for await (const chunk of this.#body) {
        this.#size += chunk.length
        yield chunk
        await ready(this.#size)
      }
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
