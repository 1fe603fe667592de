import type { Deadline } from '../deadline.js'
import { LeporelloError } from '../errors.js'
import { Lane, type LaneOptions } from './lane.js'
import { PendingChange, type ContainerChange } from './pending-change.js'

const MOST_WAITING = 10_000

/** A lane for each container that is being changed. */
export class Lanes {
  readonly #options: LaneOptions
  readonly #lanes = new Map<string, Lane>()

  constructor (options: LaneOptions) {
    this.#options = options
  }

  /** Resolves to the change's result when it is durable. Rejects with its refusal, or as `changeDocument` does. */
  change<T> (id: string, change: ContainerChange<T>, deadline: Deadline): Promise<T> {
    const lane = this.#lanes.get(id)
    if (lane !== undefined && lane.length >= MOST_WAITING) throw full(id)
    const pending = new PendingChange(id, change, deadline)
    this.#observe(pending)
    if (lane === undefined) this.#run(id, pending)
    else lane.add(pending)
    return pending.promise as Promise<T>
  }

  #observe (pending: PendingChange): void {
    const { observer } = this.#options
    // The timer looks at every set that waits, and mostly changes nothing.
    if (observer === undefined || pending.told.operation === 'expire') return
    const tell = () => { observer.changed(pending.conflicts) }
    pending.promise.then(tell, tell)
  }

  async #run (id: string, first: PendingChange): Promise<void> {
    const lane = new Lane(this.#options, id)
    lane.add(first)
    this.#lanes.set(id, lane)
    while (lane.length > 0) await lane.run()
    this.#lanes.delete(id)
  }
}

function full (id: string): LeporelloError {
  return new LeporelloError('NOT_APPLIED', `${id} was not changed: ${MOST_WAITING} changes of it wait already`,
    { retryAfterSeconds: 1 })
}
