import { setTimeout } from 'node:timers/promises'
import { Deadline } from '../../deadline.js'
import type { LeporelloError } from '../../errors.js'
import type { Engine } from './engine.js'
import { engineUnavailable, faultIn, isIndexMissing, refused, type Fault } from './errors.js'
import type { SearchAnswer } from './search-client.js'

/** For so long a new index may be without its shards. */
const STARTING_MS = 2000
const FIRST_PAUSE_MS = 50

/** One index of ours by its configured name. It is created when it is first written to; reads need none. */
export class TargetIndex {
  readonly name: string
  /** Its place in a request's path. */
  readonly path: string
  readonly #engine: Engine
  readonly #body: object
  #exists = false
  #creating: Promise<void> | undefined

  constructor (engine: Engine, name: string, body: object) {
    this.#engine = engine
    this.name = name
    this.path = `/${encodeURIComponent(name)}`
    this.#body = body
  }

  /** Learns from an answer about a document whether there is an index. */
  note (fault: Fault | undefined): void {
    if (fault === undefined) this.#exists = true
    else if (isIndexMissing(fault)) this.#exists = false
  }

  /** Whoever only writes learns from no answer that the index is gone, so it is looked for before the next write. */
  forget (): void {
    this.#exists = false
  }

  /**
   * Resolves when there is an index: an engine would make a missing one on the first write, with whatever mapping it
   * guesses. An index or alias that is there is used as it is.
   */
  async ensure (): Promise<void> {
    if (this.#exists) return
    this.#creating ??= this.#create(this.#engine.deadline()).finally(() => { this.#creating = undefined })
    await this.#creating
  }

  async #create (deadline: Deadline): Promise<void> {
    const found = await this.#look(deadline)
    if (found.status !== 200) {
      const fault = faultIn(found)
      if (!isIndexMissing(fault)) throw refused(`the index "${this.name}"`, fault)
      const created = await this.#engine.send(
        { method: 'PUT', path: this.path, body: JSON.stringify(this.#body), repeatable: true }, deadline)
      if (created.status !== 200 && !isThere(created)) throw this.#refusedCreation(faultIn(created))
    }
    this.#exists = true
  }

  /** One that another replica has just made does not serve at once. */
  async #look (deadline: Deadline): Promise<SearchAnswer> {
    const patience = Deadline.in(Math.min(STARTING_MS, deadline.remaining))
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs *= 2) {
      const found = await this.#engine.send({
        method: 'POST', path: `${this.path}/_search`, query: 'size=0&track_total_hits=false', repeatable: true
      }, deadline)
      if (found.status !== 503 || patience.remaining < pauseMs) return found
      await setTimeout(pauseMs)
    }
  }

  #refusedCreation (fault: Fault): LeporelloError {
    if (fault.status !== 403) return refused(`the creation of the index "${this.name}"`, fault)
    return engineUnavailable(`there is no index "${this.name}", and the search engine's user may not create it ` +
      `(403: ${fault.reason}): create it once with PUT ${this.path} and the body ${JSON.stringify(this.#body)}`)
  }
}

/** Another replica was faster, or the name is an alias. */
function isThere (answer: SearchAnswer): boolean {
  const { type, reason } = faultIn(answer)
  return type === 'resource_already_exists_exception' ||
    (type === 'invalid_index_name_exception' && reason.includes('already exists as alias'))
}
