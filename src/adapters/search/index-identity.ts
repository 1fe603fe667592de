import type { Deadline } from '../../deadline.js'
import type { Engine } from './engine.js'
import { faultIn, isIndexMissing, parseAnswer, refused, unreachable } from './errors.js'
import type { TargetIndex } from './target-index.js'

/** Which of all indices of a name it is: an engine counts writes from the start again in one that is made anew. */
export interface Identity {
  /** Empty where the engine does not tell. */
  readonly uuid: string
  /** In milliseconds; 0 where the engine does not tell. */
  readonly created: number
}

type Settings = Readonly<Record<string, { readonly settings?: { readonly index?: { readonly uuid?: string, readonly creation_date?: string } } }>>

const UNTOLD: Identity = { uuid: '', created: 0 }

/** Asks an engine for an index's identity, once for all who ask at the same time. */
export class IndexIdentity {
  readonly #engine: Engine
  readonly #index: TargetIndex
  #asked: Promise<Identity> | undefined

  constructor (engine: Engine, index: TargetIndex) {
    this.#engine = engine
    this.#index = index
  }

  /** Of the youngest, where the name is an alias of several. */
  read (deadline: Deadline): Promise<Identity> {
    this.#asked ??= this.#ask(deadline).finally(() => { this.#asked = undefined })
    return this.#asked
  }

  async #ask (deadline: Deadline): Promise<Identity> {
    const answer = await this.#engine.send({
      method: 'GET',
      path: `${this.#index.path}/_settings`,
      query: 'filter_path=*.settings.index.uuid,*.settings.index.creation_date',
      repeatable: true
    }, deadline).catch(error => { throw unreachable(error) })
    if (answer.status !== 200) {
      const fault = faultIn(answer)
      // Somebody removed it meanwhile, or who may write it may not look at its settings.
      if (isIndexMissing(fault) || fault.status === 403) return UNTOLD
      throw refused(`the settings of the index "${this.#index.name}"`, fault)
    }
    return Object.values(parseAnswer<Settings>(answer)).reduce((youngest, { settings }) => {
      const { uuid = '', creation_date: date = '0' } = settings?.index ?? {}
      return Number(date) >= youngest.created ? { uuid, created: Number(date) } : youngest
    }, UNTOLD)
  }
}
