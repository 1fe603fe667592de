import { finished } from 'node:stream'
import { LeporelloError } from '../../errors.js'
import type { ReadObject } from '../../ports/image-store.js'

/** What is no larger is read at once by whoever asks for it. */
const SMALL_BYTES = 64 * 1024

/**
 * The objects that are being read. Each holds a connection to the server for as long as its reader likes, and there is
 * no use in waiting for one: whoever reads slowly may take an hour.
 */
export class Downloads {
  readonly #limit: number
  #open = 0

  constructor (limit: number) {
    this.#limit = limit
  }

  /** Counts the object until its body ends or is destroyed. Refuses with `OVERLOADED` when there are too many. */
  admit (object: ReadObject): ReadObject {
    const { body, range, size } = object
    if ((range ? range.last - range.first + 1 : size) <= SMALL_BYTES) return object
    if (this.#open >= this.#limit) {
      body.destroy()
      throw new LeporelloError('OVERLOADED', `${this.#limit} downloads from the store are under way, and there may be no more ` +
        'at once; try again later', { retryAfterSeconds: 5 })
    }
    this.#open++
    finished(body, { writable: false }, () => { this.#open-- })
    return object
  }
}
