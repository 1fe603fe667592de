import { compare } from 'bcryptjs'
import { LeporelloError } from '../errors.js'

/** So many wait at most. */
const MOST_WAITING = 50

/**
 * Compares passwords with bcrypt hashes, one after another: bcrypt holds the thread for up to 100 ms at a time, and of
 * several at once each would do so in every turn of the event loop.
 */
export class Comparisons {
  #last: Promise<unknown> = Promise.resolve()
  #open = 0

  /** @throws LeporelloError `OVERLOADED` when too many wait already. */
  async compare (password: string, hash: string): Promise<boolean> {
    if (this.#open > MOST_WAITING) {
      throw new LeporelloError('OVERLOADED', 'more passwords wait to be checked than the service can check; try again later', { retryAfterSeconds: 5 })
    }
    this.#open++
    const compared = this.#last.then(() => compare(password, hash)).finally(() => { this.#open-- })
    this.#last = compared.catch(() => {})
    return await compared
  }
}
