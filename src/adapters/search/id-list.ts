import type { Deadline } from '../../deadline.js'
import type { Engine } from './engine.js'
import { parseAnswer, unreachable } from './errors.js'
import { listIds } from './listing.js'
import type { Refreshes } from './refreshes.js'
import type { TargetIndex } from './target-index.js'

/** A list of fewer costs less than to ask whether it is still right. */
const MANY = 5000

/** How long a list is kept that nobody asks for. */
const KEPT_MS = 60_000

/** What an engine tells of the shards of an index. */
interface Stats {
  readonly _shards?: { readonly failed: number }
  readonly indices?: Readonly<Record<string, { readonly uuid: string, readonly shards: Readonly<Record<string, readonly Copy[]>> }>>
}

interface Copy {
  readonly routing: { readonly primary: boolean, readonly node: string }
  readonly docs: { readonly count: number }
  readonly seq_no: { readonly max_seq_no: number, readonly global_checkpoint: number }
  readonly retention_leases: { readonly primary_term: number }
}

/**
 * The ids of one index, in order. A long list is kept for a while, and given again as long as the engine says that
 * nothing was written since: whoever goes through a large index page by page would have it listed for each.
 */
export class IdList {
  readonly #engine: Engine
  readonly #index: TargetIndex
  readonly #refreshes: Refreshes
  #isLong = false
  #kept: { readonly state: string, readonly ids: readonly string[], readonly timer: NodeJS.Timeout } | undefined

  constructor (engine: Engine, index: TargetIndex, refreshes: Refreshes) {
    this.#engine = engine
    this.#index = index
    this.#refreshes = refreshes
  }

  /** As `listIds`: what a refresh has shown before the call is there. */
  async all (deadline?: Deadline): Promise<readonly string[]> {
    const state = this.#isLong ? await this.#state(deadline ?? this.#engine.deadline()) : undefined
    if (state !== undefined && state === this.#kept?.state) {
      this.#kept.timer.refresh()
      return this.#kept.ids
    }
    this.#forget()
    // All that the state counts is to be in the list that is kept for it.
    if (state !== undefined) await this.#refreshes.refresh(deadline ?? this.#engine.deadline())
    const ids = await listIds(this.#engine, this.#index, { deadline })
    this.#isLong = ids.length >= MANY
    if (state !== undefined && this.#isLong) {
      this.#forget()
      this.#kept = { state, ids, timer: setTimeout(() => { this.#kept = undefined }, KEPT_MS).unref() }
    }
    return ids
  }

  #forget (): void {
    clearTimeout(this.#kept?.timer)
    this.#kept = undefined
  }

  /** Another one after every write; undefined where the user may not ask, or a write is under way. */
  async #state (deadline: Deadline): Promise<string | undefined> {
    const parts = ['routing', 'docs.count', 'seq_no', 'retention_leases.primary_term'].map(part => `indices.*.shards.*.${part}`)
    const query = `level=shards&filter_path=_shards.failed,indices.*.uuid,${parts.join()}`
    const answer = await this.#engine.send({
      method: 'GET', path: `${this.#index.path}/_stats/docs`, query, repeatable: true
    }, deadline).catch(error => { throw unreachable(error) })
    return answer.status === 200 ? stateIn(parseAnswer<Stats>(answer)) : undefined
  }
}

function stateIn ({ _shards, indices = {} }: Stats): string | undefined {
  if (_shards?.failed !== 0) return undefined
  const primaries = Object.values(indices).flatMap(({ uuid, shards }) =>
    Object.entries(shards).map(([shard, copies]) => ({ uuid, shard, primary: copies.find(({ routing }) => routing.primary) })))
  // What not all copies have applied yet, a search may not show.
  if (primaries.some(({ primary }) => primary?.seq_no.max_seq_no !== primary?.seq_no.global_checkpoint)) return undefined
  return JSON.stringify(primaries.map(({ uuid, shard, primary }) =>
    [uuid, shard, primary?.routing.node, primary?.retention_leases.primary_term, primary?.seq_no.max_seq_no, primary?.docs.count]).sort())
}
