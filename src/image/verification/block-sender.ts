import type { MessagePort } from 'node:worker_threads'
import type { Delivery } from './messages.js'

const BLOCK_BYTES = 512 * 1024
// What is no image at all is refused after the first few bytes, not after a whole block.
const FIRST_BLOCK_BYTES = 16 * 1024
const MOST_UNDER_WAY = 3

/**
 * Sends bytes to another thread in blocks that are handed over, not copied once more, at most 1.5 MiB ahead of it.
 * The bytes sent are copied into the blocks: their owner sends them elsewhere at the same time. The blocks come back
 * and are used again, since new ones would cost more in garbage collection than the copies do.
 */
export class BlockSender {
  readonly #port: MessagePort
  readonly #idle: Array<Buffer<ArrayBuffer>> = []
  #block = Buffer.allocUnsafeSlow(FIRST_BLOCK_BYTES)
  #filled = 0
  #underWay = 0
  #proceed: (() => void) | undefined

  constructor (port: MessagePort) {
    this.#port = port
  }

  /** Calls `done` when more may be sent. */
  send (chunk: Buffer, done: () => void): void {
    for (let start = 0; start < chunk.length;) {
      const copied = chunk.copy(this.#block, this.#filled, start)
      start += copied
      this.#filled += copied
      if (this.#filled === this.#block.length) this.#post()
    }
    if (this.#underWay < MOST_UNDER_WAY) return done()
    this.#proceed = done
  }

  /** To be called with each block that the other thread has read. */
  takeBack ({ buffer }: Uint8Array<ArrayBuffer>): void {
    if (buffer.byteLength === BLOCK_BYTES) this.#idle.push(Buffer.from(buffer))
    this.#underWay--
    if (this.#underWay >= MOST_UNDER_WAY) return
    const proceed = this.#proceed
    this.#proceed = undefined
    proceed?.()
  }

  end (): void {
    if (this.#filled > 0) this.#post()
    this.#port.postMessage({ kind: 'end' } satisfies Delivery)
  }

  close (): void {
    this.#port.close()
  }

  #post (): void {
    const bytes = this.#block.subarray(0, this.#filled) as Uint8Array<ArrayBuffer>
    this.#port.postMessage({ kind: 'block', bytes } satisfies Delivery, [bytes.buffer])
    this.#underWay++
    this.#block = this.#idle.pop() ?? Buffer.allocUnsafeSlow(BLOCK_BYTES)
    this.#filled = 0
  }
}
