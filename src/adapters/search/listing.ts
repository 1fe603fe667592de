import type { Deadline } from '../../deadline.js'
import type { Engine } from './engine.js'
import { engineUnavailable, faultIn, isIndexMissing, parseAnswer, refused, unreachable } from './errors.js'
import type { TargetIndex } from './target-index.js'

/** How many an engine gives at once, unless an index says otherwise (`index.max_result_window`). */
const PAGE = 10_000

interface ScanPage {
  readonly timed_out?: boolean
  readonly _shards?: { readonly failed: number }
  readonly hits?: { readonly hits: Hits }
}

type Hits = ReadonlyArray<{ readonly _id: string, readonly _routing?: string, readonly sort: readonly [number] }>

export interface ListOptions {
  /** For the first page of the scan, which tells whether the engine serves; each later one has a time of its own. */
  readonly deadline?: Deadline | undefined
  /** All whose field `open` is true; others only where the index does not know the field. */
  readonly openOnly?: boolean
  /** Filled with the routing of each document that has one, without which it cannot be read. */
  readonly routings?: Map<string, string>
}

/**
 * All `_id`s of the index in ascending order of their UTF-8 bytes; none when there is no index.
 *
 * No engine sorts by `_id` any more, and a field cannot stand in for it: `id.keyword` is missing where the id is over
 * 256 characters, and in a foreign document the field may be absent or name another document. So the scan goes by
 * `_seq_no`, which every document has on every engine, and the order is made here. A document that is written
 * meanwhile moves towards the end of the scan: it may be met twice, but not missed. Several shards may use the same
 * number, so each page begins with the last number of the one before.
 */
export async function listIds (
  engine: Engine, index: TargetIndex, { deadline = engine.deadline(), openOnly = false, routings }: ListOptions = {}
): Promise<string[]> {
  const scan = { engine, index, deadline, openOnly, preference: '', size: PAGE }
  const ids = new Set<string>()
  // Copies of a shard show writes at different moments: one scan stays with the same copies.
  scan.preference = `leporello-${Math.random().toString(36).slice(2)}`
  let after: number | undefined
  for (;;) {
    const hits = await scanPage(scan, after)
    for (const { _id, _routing: routing } of hits) {
      ids.add(_id)
      if (routing !== undefined) routings?.set(_id, routing)
    }
    const last = hits.at(-1)
    if (last === undefined || hits.length < scan.size) return inOrder([...ids])
    const next = last.sort[0] - 1
    if (next === after) {
      throw engineUnavailable(`the index "${index.name}" cannot be listed: it gives no more documents at once than ` +
        'it has shards; raise its max_result_window')
    }
    after = next
    scan.deadline = engine.deadline()
  }
}

interface Scan {
  readonly engine: Engine
  readonly index: TargetIndex
  /** Of the next page. */
  deadline: Deadline
  readonly openOnly: boolean
  readonly preference: string
  /** Becomes smaller when the index allows no more. */
  size: number
}

async function scanPage (scan: Scan, after: number | undefined): Promise<Hits> {
  const { engine, index, openOnly, preference, size } = scan
  const what = `the list of the index "${index.name}"`
  const body = JSON.stringify({
    size,
    // Not the other way round: an index of the site's may not look into the field, and then none is found by it.
    ...openOnly && { query: { bool: { must_not: { term: { open: false } } } } },
    // An index without any mapping has no numbers, and no documents.
    sort: [{ _seq_no: { order: 'asc', unmapped_type: 'long' } }],
    ...after !== undefined && { search_after: [after] },
    _source: false,
    track_total_hits: false
  })
  const query = `allow_partial_search_results=false&preference=${preference}` +
    '&filter_path=timed_out,_shards.failed,hits.hits._id,hits.hits._routing,hits.hits.sort'
  const request = { method: 'POST', path: `${index.path}/_search`, query, body, repeatable: true } as const
  const answer = await engine.send(request, scan.deadline).catch(error => { throw unreachable(error) })
  if (answer.status !== 200) {
    const fault = faultIn(answer)
    if (isIndexMissing(fault)) return []
    const allowed = Number(/less than or equal to: \[(\d+)\]/.exec(fault.reason)?.[1])
    if (allowed > 0 && allowed < size) {
      scan.size = allowed
      return await scanPage(scan, after)
    }
    throw refused(what, fault)
  }
  const page = parseAnswer<ScanPage>(answer)
  const complete = page.timed_out === false && page._shards?.failed === 0
  if (!complete) throw engineUnavailable(`${what} is not complete: some shards failed`)
  return page.hits?.hits ?? []
}

/** Text without surrogates is in the order of its UTF-8 bytes when it is in that of its UTF-16 units. */
function inOrder (ids: string[]): string[] {
  return ids.some(id => /[\ud800-\udfff]/.test(id)) ? ids.sort(byUtf8) : ids.sort()
}

/** Compares text as its UTF-8 bytes compare: only surrogates, which stand for what is beyond U+FFFF, sort otherwise. */
export function byUtf8 (a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let at = 0; at < length; at++) {
    const difference = rank(a.charCodeAt(at)) - rank(b.charCodeAt(at))
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

function rank (unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit
}
