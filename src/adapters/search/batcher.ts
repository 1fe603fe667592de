export interface BatcherOptions<Item> {
  /** Sends a batch, never empty; it tells the items' waiters the outcome itself and does not reject. */
  readonly send: (items: Item[]) => Promise<void>
  /** How many batches are on their way at most. */
  readonly inFlight: number
  readonly maxItems: number
  /** How many bytes a batch of several items holds at most. */
  readonly maxBytes?: number
  readonly bytes?: (item: Item) => number
}

/**
 * Sends together what is added in one turn of the event loop, when it ends, if there is room in flight; otherwise with
 * all that wait when a batch returns. Nothing waits on a timer, and nothing joins a batch that was sent: no answer is
 * older than its request.
 */
export class Batcher<Item> {
  readonly #options: BatcherOptions<Item>
  #waiting: Item[] = []
  #inFlight = 0
  #scheduled = false

  constructor (options: BatcherOptions<Item>) {
    this.#options = options
  }

  add (item: Item): void {
    this.#waiting.push(item)
    this.#schedule()
  }

  #schedule (): void {
    if (this.#scheduled || this.#inFlight === this.#options.inFlight) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      this.#pump()
    })
  }

  #pump (): void {
    while (this.#waiting.length > 0 && this.#inFlight < this.#options.inFlight) {
      this.#inFlight++
      this.#options.send(this.#take()).finally(() => {
        this.#inFlight--
        this.#schedule()
      })
    }
  }

  /** The longest batch from the front of the queue; one item always fits. */
  #take (): Item[] {
    const { maxItems, maxBytes = Infinity, bytes = () => 0 } = this.#options
    let count = 0
    let size = 0
    for (const item of this.#waiting) {
      size += bytes(item)
      if (count > 0 && (count === maxItems || size > maxBytes)) break
      count++
    }
    return this.#waiting.splice(0, count)
  }
}
