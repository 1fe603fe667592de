import type { LogLimits } from '../../ports/change-log.js'
import type { Engine } from './engine.js'
import { faultIn, isIndexMissing, parseAnswer, refused, unreachable } from './errors.js'
import type { Refreshes } from './refreshes.js'
import type { SearchAnswer } from './search-client.js'
import type { TargetIndex } from './target-index.js'

interface TrimAnswer {
  readonly hits?: { readonly hits: ReadonlyArray<{ readonly _id: string }> }
  readonly aggregations?: { readonly names: { readonly buckets: ReadonlyArray<{ readonly key: string }> } }
}

interface RemovalAnswer {
  readonly errors?: boolean
  readonly items?: ReadonlyArray<{ readonly delete?: { readonly result?: string } }>
}

const REMOVALS_AT_ONCE = 500
const NAMES_AT_ONCE = 500

/**
 * Removes entries beyond the limits. Each search asks for what is beyond them as of now, never for a number that was
 * counted before: of two who do it at once neither goes too far.
 */
export class LogTrim {
  readonly #engine: Engine
  readonly #index: TargetIndex
  readonly #refreshes: Refreshes
  readonly #newestFirst: object

  constructor (engine: Engine, index: TargetIndex, refreshes: Refreshes, newestFirst: object) {
    this.#engine = engine
    this.#index = index
    this.#refreshes = refreshes
    this.#newestFirst = newestFirst
  }

  async run ({ oldest, perName }: LogLimits, signal?: AbortSignal): Promise<number> {
    const beyondAge = { query: { range: { at: { lt: oldest.getTime() } } } }
    let removed = await this.#removeAll(beyondAge, signal)
    for (let more = true; more && signal?.aborted !== true;) {
      const names = await this.#namesWithMoreThan(perName)
      let here = 0
      for (const of of names) {
        here += await this.#removeAll({ query: { term: { of } }, sort: this.#newestFirst, from: perName }, signal)
      }
      removed += here
      more = names.length === NAMES_AT_ONCE && here > 0
    }
    return removed
  }

  /**
   * All that the search finds, again and again until it finds nothing, or what cannot be removed: an alias of several
   * indices finds entries in all and removes from one.
   */
  async #removeAll (search: object, signal: AbortSignal | undefined): Promise<number> {
    for (let removed = 0; ;) {
      if (signal?.aborted === true) return removed
      const { hits } = await this.#search({ ...search, size: REMOVALS_AT_ONCE, _source: false }, 'hits.hits._id')
      const ids = hits?.hits.map(({ _id }) => _id) ?? []
      const gone = ids.length > 0 ? await this.#remove(ids) : 0
      removed += gone
      if (ids.length < REMOVALS_AT_ONCE || gone === 0) return removed
    }
  }

  async #namesWithMoreThan (entries: number): Promise<string[]> {
    const names = { terms: { field: 'of', size: NAMES_AT_ONCE, min_doc_count: entries + 1, order: { _count: 'desc' } } }
    const { aggregations } = await this.#search({ size: 0, aggs: { names } }, 'aggregations.names.buckets.key')
    return aggregations?.names.buckets.map(({ key }) => key) ?? []
  }

  async #search (body: object, wanted: string): Promise<TrimAnswer> {
    await this.#refreshes.refresh(this.#engine.deadline())
    const answer = await this.#send('_search', JSON.stringify({ ...body, track_total_hits: false }), `filter_path=${wanted}`)
    if (answer.status === 200) return parseAnswer<TrimAnswer>(answer)
    const fault = faultIn(answer)
    if (isIndexMissing(fault)) return {}
    throw refused(`old entries of the index "${this.#index.name}"`, fault)
  }

  /** Resolves to how many were there. */
  async #remove (ids: readonly string[]): Promise<number> {
    const body = ids.map(_id => `${JSON.stringify({ delete: { _id } })}\n`).join('')
    const answer = await this.#send('_bulk', body, 'filter_path=errors,items.*.result')
    const { errors, items = [] } = answer.status === 200 ? parseAnswer<RemovalAnswer>(answer) : {}
    // One that somebody else has removed is no error to an engine.
    if (errors === false) return items.filter(item => item.delete?.result === 'deleted').length
    throw refused(`the removal of old entries from the index "${this.#index.name}"`, faultIn(answer))
  }

  async #send (operation: '_search' | '_bulk', body: string, query: string): Promise<SearchAnswer> {
    const request = { method: 'POST', path: `${this.#index.path}/${operation}`, query, body, lines: operation === '_bulk' } as const
    return await this.#engine.send({ ...request, repeatable: true }, this.#engine.deadline())
      .catch(error => { throw unreachable(error) })
  }
}
