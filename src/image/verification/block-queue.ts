/** The blocks of a file as they arrive from another thread, for one reader. */
export class BlockQueue implements AsyncIterable<Buffer> {
  readonly #onRead: (block: Buffer) => void
  readonly #blocks: Buffer[] = []
  #state: 'open' | 'ended' | 'aborted' = 'open'
  #wake: () => void = () => {}

  /** `onRead` is called with each block when the reader asks for the next, and so is done with it. */
  constructor (onRead: (block: Buffer) => void) {
    this.#onRead = onRead
  }

  push (block: Buffer): void {
    this.#blocks.push(block)
    this.#wake()
  }

  end (): void {
    if (this.#state === 'open') this.#state = 'ended'
    this.#wake()
  }

  /** Makes the reader fail, so that it lets go of what it holds. */
  abort (): void {
    if (this.#state === 'open') this.#state = 'aborted'
    this.#wake()
  }

  async * [Symbol.asyncIterator] (): AsyncGenerator<Buffer, void, void> {
    for (;;) {
      if (this.#state === 'aborted') throw new Error('the sender left')
      const block = this.#blocks.shift()
      if (block !== undefined) {
        yield block
        this.#onRead(block)
      } else if (this.#state === 'ended') {
        return
      } else {
        await new Promise<void>(resolve => { this.#wake = resolve })
      }
    }
  }
}
