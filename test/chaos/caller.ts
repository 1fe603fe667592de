import { setTimeout } from 'node:timers/promises'
import { LeporelloClient, ApiError, UnreachableError } from '../../src/client/index.js'
import { neverConnected } from '../../src/client/transport.js'
import type { Random } from '../random.js'
import type { Figures } from './figures.js'
import type { Instance } from './instance.js'
import type { Work } from './work.js'

/** What became of a request, as far as its sender knows. */
export type Outcome<T> =
  | { readonly state: 'done', readonly value: T }
  | { readonly state: 'refused', readonly error: ApiError }
  | { readonly state: 'unknown' }

/** A request by its name, for the figures, and what sends it. */
export interface Request<T> {
  readonly what: string
  readonly send: (client: LeporelloClient, instance: Instance) => Promise<T>
  /** Whether doing it twice does no harm. */
  readonly repeats: boolean
}

const TIMEOUT_MS = 2000
const TRIES = 12

/** Sends requests as a program does that has several Leporellos to choose from, and goes to another when one fails. */
export class Caller {
  readonly #work: Work
  readonly #figures: Figures
  readonly #random: Random

  constructor (work: Work, random: Random) {
    this.#work = work
    this.#figures = work.figures
    this.#random = random
  }

  /** `doubt` is called whenever an attempt may have been made, or may still be, though nobody said so. */
  async call<T> ({ what, send, repeats }: Request<T>, doubt: () => void = () => {}): Promise<Outcome<T>> {
    for (let tries = 0; tries < TRIES && !(tries > 0 && this.#work.isOver); tries++) {
      const instance = this.#random.pick(this.#work.site.instances)
      const client = new LeporelloClient({
        url: instance.url, netrc: '/dev/null', timeoutMs: TIMEOUT_MS, retries: 1, onRetry: error => { this.#failed(error, doubt) }
      })
      try {
        const value = await send(client, instance)
        this.#figures.count('requests that were answered as wanted', what)
        return { state: 'done', value }
      } catch (error) {
        if (error instanceof ApiError && !isPassing(error)) {
          this.#figures.count('requests that were refused', `${what} ${error.status} ${error.code}`)
          return { state: 'refused', error }
        }
        if (this.#failed(error, doubt) && !repeats) return { state: 'unknown' }
      } finally {
        await client.close()
      }
      await setTimeout(this.#random.below(100)) // as a client would, before it tries again
    }
    this.#figures.count('requests that were given up', what)
    return { state: 'unknown' }
  }

  /** Whether it leaves a doubt. Anything but a failed request is the run's own fault. */
  #failed (error: unknown, doubt: () => void): boolean {
    if (!(error instanceof ApiError || error instanceof UnreachableError)) throw error
    const kind = error instanceof ApiError ? `${error.status} ${error.code}` : neverConnected(error) ? 'nobody listens' : 'no answer'
    this.#figures.count('failures that clients saw', kind)
    const inDoubt = error instanceof UnreachableError ? !neverConnected(error) : error.code === 'OUTCOME_UNKNOWN'
    if (inDoubt) doubt()
    return inDoubt
  }
}

/** What faults on the way explain: the index or the store do not answer, or the upload came too slowly. */
function isPassing ({ status, code }: ApiError): boolean {
  return status === 502 || status === 503 || status === 504 ||
    (status === 408 && (code === 'UPLOAD_TIMED_OUT' || code === 'UPLOAD_STALLED'))
}
