import { Semaphore } from './semaphore.js'

/** S3's limits (docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html). */
const SMALLEST_PART = 5 * 1024 * 1024
const MOST_PARTS = 10_000

/** The size of parts by which an object of so many bytes can be sent. */
export function partSizeFor (largestBytes: number): number {
  return Math.max(SMALLEST_PART, Math.ceil(largestBytes / MOST_PARTS))
}

/** While lib-storage joins the chunks of a part it holds it twice. */
const COPIES = 2

/** How many part buffers there may be at once, for all uploads together and for one. */
export class PartBudget {
  readonly partSize: number
  readonly #all: Semaphore

  /** `bytes` is what they may take. At least one part, so that uploads get on however small the budget. */
  constructor (bytes: number, partSize: number) {
    this.partSize = partSize
    this.#all = new Semaphore(Math.max(1, Math.floor(bytes / partSize / COPIES)))
  }

  lease (mostParts: number): PartLease {
    return new PartLease(this.#all, new Semaphore(mostParts), this.partSize)
  }
}

/**
 * One upload's share of the budget: a buffer from the moment its part is begun until the store has it. An upload that
 * waits for a buffer needs none for what it has read, so uploads cannot wait for each other in a circle.
 */
class PartLease {
  readonly #all: Semaphore
  readonly #own: Semaphore
  readonly #partSize: number
  #begun = 0
  #held = 0

  constructor (all: Semaphore, own: Semaphore, partSize: number) {
    this.#all = all
    this.#own = own
    this.#partSize = partSize
  }

  /** Resolves when there is a buffer for the part that byte number `size` (or a full part's last) belongs to. */
  async cover (size: number, signal: AbortSignal): Promise<void> {
    while (this.#begun * this.#partSize < Math.max(1, size)) {
      await this.#own.take(signal)
      try {
        await this.#all.take(signal)
      } catch (error) {
        this.#own.give()
        throw error
      }
      this.#begun++
      this.#held++
    }
  }

  /** Gives one buffer back: the store has the part. */
  release (): void {
    if (this.#held === 0) return
    this.#held--
    this.#own.give()
    this.#all.give()
  }

  end (): void {
    while (this.#held > 0) this.release()
  }
}

export type { PartLease }
