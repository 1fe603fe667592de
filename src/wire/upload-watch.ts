import type { IncomingMessage } from 'node:http'
import { LeporelloError } from '../errors.js'

/** How many times within the idle limit it is looked whether anything has come. */
const LOOKS = 10

export interface UploadLimits {
  /** After how long without a byte from the client. */
  readonly idleMs: number
  /** After how long in all. */
  readonly timeoutMs: number
}

/**
 * Gives an upload up, by aborting `signal`, when the client sends nothing or takes too long. The time in which this
 * service does not read, since the store is slower than the client, does not count as the client's.
 */
export class UploadWatch {
  readonly #aborting = new AbortController()
  readonly #request: IncomingMessage
  readonly #timers: NodeJS.Timeout[]
  readonly #connectionTimeout: number

  constructor (request: IncomingMessage, { idleMs, timeoutMs }: UploadLimits) {
    this.#request = request
    // The server's own limit on a silent connection would also hit while the store finishes its work.
    this.#connectionTimeout = request.socket.timeout ?? 0
    request.socket.setTimeout(0)
    const tooLong = setTimeout(() => this.#abort('UPLOAD_TIMED_OUT',
      `the upload took more than ${timeoutMs / 1000} s, the longest that one may take`), timeoutMs)
    let [seen, lookedWell] = [request.socket.bytesRead, performance.now()]
    const look = setInterval(() => {
      const moved = request.socket.bytesRead !== seen || request.complete || request.isPaused()
      if (moved) [seen, lookedWell] = [request.socket.bytesRead, performance.now()]
      else if (performance.now() - lookedWell >= idleMs) {
        this.#abort('UPLOAD_STALLED', `the upload was given up: nothing came for ${idleMs / 1000} s`)
      }
    }, idleMs / LOOKS)
    this.#timers = [tooLong, look]
  }

  get signal (): AbortSignal {
    return this.#aborting.signal
  }

  end (): void {
    for (const timer of this.#timers) clearTimeout(timer)
    this.#request.socket.setTimeout(this.#connectionTimeout)
  }

  #abort (code: 'UPLOAD_STALLED' | 'UPLOAD_TIMED_OUT', message: string): void {
    this.#aborting.abort(new LeporelloError(code, message))
  }
}
