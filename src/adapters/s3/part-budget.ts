import type { BufferUse } from '../../ports/image-store.js'
import { Semaphore } from './semaphore.js'

/** S3's limits (docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html). */
const SMALLEST_PART = 5 * 1024 * 1024
const MOST_PARTS = 10_000

/** The size of parts by which an object of so many bytes can be sent. */
export function partSizeFor (largestBytes: number): number {
  return Math.max(SMALLEST_PART, Math.ceil(largestBytes / MOST_PARTS))
}

/** The part buffers there are, for all uploads together. They are made when they are first needed, and used again. */
export class PartBudget {
  readonly #partSize: number
  readonly #all: Semaphore
  readonly #idle: Buffer[] = []

  /** `bytes` is what they may take. There is at least one, so that uploads get on however small the budget. */
  constructor (bytes: number, partSize: number) {
    this.#partSize = partSize
    this.#all = new Semaphore(Math.max(1, Math.floor(bytes / partSize)))
  }

  get use (): BufferUse {
    const { permits, taken } = this.#all
    return { usedBytes: taken * this.#partSize, limitBytes: permits * this.#partSize }
  }

  /** One upload's share: never more than so many buffers at once. */
  lease (mostParts: number): PartLease {
    return new PartLease(this, new Semaphore(mostParts))
  }

  async take (signal: AbortSignal): Promise<Buffer> {
    await this.#all.take(signal)
    return this.#idle.pop() ?? Buffer.allocUnsafeSlow(this.#partSize)
  }

  /** Without the buffer itself where somebody may still hold it; another will take its place. */
  give (buffer?: Buffer): void {
    if (buffer !== undefined) this.#idle.push(buffer)
    this.#all.give()
  }
}

/**
 * An upload holds a buffer from before it reads a part's first byte until the store has the part. Who waits for a
 * buffer has nothing unsent but the chunk in hand, so uploads cannot wait for each other in a circle.
 */
export class PartLease {
  readonly #budget: PartBudget
  readonly #own: Semaphore

  constructor (budget: PartBudget, own: Semaphore) {
    this.#budget = budget
    this.#own = own
  }

  /** Rejects with the signal's reason when it is aborted first. */
  async take (signal: AbortSignal): Promise<Buffer> {
    await this.#own.take(signal)
    try {
      return await this.#budget.take(signal)
    } catch (error) {
      this.#own.give()
      throw error
    }
  }

  give (buffer?: Buffer): void {
    this.#own.give()
    this.#budget.give(buffer)
  }
}
