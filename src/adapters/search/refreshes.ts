import type { Deadline } from '../../deadline.js'
import { Batcher } from './batcher.js'
import type { Engine } from './engine.js'
import { engineUnavailable, faultIn, isIndexMissing, refused, unreachable } from './errors.js'
import type { TargetIndex } from './target-index.js'
import { latest, Waiter } from './waiter.js'

/** Refreshes of one index: all who ask while one is on its way share the next. */
export class Refreshes {
  readonly #engine: Engine
  readonly #index: TargetIndex
  readonly #batches = new Batcher<Waiter<void>>({
    send: waiters => this.#send(waiters), inFlight: 1, maxItems: Infinity
  })

  constructor (engine: Engine, index: TargetIndex) {
    this.#engine = engine
    this.#index = index
  }

  refresh (deadline: Deadline): Promise<void> {
    const waiter = new Waiter<void>(deadline, late => late.reject(
      engineUnavailable('the search engine did not refresh within the request\'s time')))
    this.#batches.add(waiter)
    return waiter.promise
  }

  async #send (waiters: Array<Waiter<void>>): Promise<void> {
    try {
      await this.#refresh(latest(waiters))
      for (const waiter of waiters) waiter.resolve()
    } catch (error) {
      for (const waiter of waiters) waiter.reject(unreachable(error))
    }
  }

  async #refresh (deadline: Deadline): Promise<void> {
    const what = `a refresh of the index "${this.#index.name}"`
    const answer = await this.#engine.send({
      method: 'POST', path: `${this.#index.path}/_refresh`, query: 'filter_path=_shards.failed', repeatable: true
    }, deadline)
    if (answer.status !== 200) {
      const fault = faultIn(answer)
      if (isIndexMissing(fault)) return
      throw refused(what, fault)
    }
    if (!answer.text.includes('"failed":0')) throw engineUnavailable(`${what} failed on some of its shards`)
  }
}
