import type { Deadline } from '../deadline.js'
import type { Resource } from '../domain/caller.js'
import { LeporelloError } from '../errors.js'
import type { ChangeLog, LoggedKind, LogPage, WriteNumber } from '../ports/change-log.js'

/** A change as it is told. */
export interface ToldChange {
  /** What is told of it: JSON text of an object. */
  readonly json: string
  readonly write: WriteNumber
}

export interface HistoryPage {
  /** The newest first. */
  readonly changes: readonly ToldChange[]
  /** What to ask for to go on; null after the oldest. */
  readonly before: string | null
}

export interface HistoryRequest {
  readonly before?: string | undefined
  readonly limit: number
}

/** One kind's entries of a name, as far as they are read. */
interface Stream {
  readonly kind: LoggedKind
  page: LogPage
  at: number
  /** Of the last entry that was taken. */
  position: string | null
}

/**
 * A page of what was changed of one name. Of a container also what became of its sets: they are counted by an index of
 * their own, so each of the two stays in its own order, and between them the time decides.
 */
export async function historyPage (
  log: ChangeLog, kind: Resource, name: string, { before, limit }: HistoryRequest, deadline: Deadline
): Promise<HistoryPage> {
  const kinds: readonly LoggedKind[] = kind === 'container' ? ['container', 'sets'] : [kind]
  const positions = before === undefined ? kinds.map(() => null) : parseCursor(before, kinds.length)
  const streams: Stream[] = await Promise.all(kinds.map(async (kind, at) => {
    const position = positions[at] ?? null
    const page = await log.page(kind, name, { ...position !== null && { before: position }, limit }, deadline)
    return { kind, page, at: 0, position }
  }))
  const changes: ToldChange[] = []
  while (changes.length < limit && streams.every(isKnown)) {
    const next = streams.filter(hasMore).reduce<Stream | undefined>((best, stream) =>
      best === undefined || timeOf(stream) > timeOf(best) ? stream : best, undefined)
    if (next === undefined) return { changes, before: null }
    const { json, write, position } = next.page.entries[next.at++]!
    next.position = position
    changes.push({ json, write })
  }
  const isDone = streams.every(stream => !hasMore(stream) && stream.page.isLast)
  return { changes, before: isDone ? null : printCursor(streams) }
}

function hasMore ({ page, at }: Stream): boolean {
  return at < page.entries.length
}

/** Whether it can be said what comes next of it. */
function isKnown (stream: Stream): boolean {
  return hasMore(stream) || stream.page.isLast
}

function timeOf ({ page, at }: Stream): number {
  return page.entries[at]!.at.getTime()
}

function printCursor (streams: readonly Stream[]): string {
  return Buffer.from(JSON.stringify(streams.map(({ position }) => position))).toString('base64url')
}

function parseCursor (text: string, length: number): ReadonlyArray<string | null> {
  try {
    const positions = JSON.parse(Buffer.from(text, 'base64url').toString()) as unknown
    if (Array.isArray(positions) && positions.length === length && positions.every(each => each === null || typeof each === 'string')) {
      return positions
    }
  } catch {
    // answered below
  }
  throw new LeporelloError('PARAMETER_INVALID', 'before must be what an earlier page gave', { details: { parameter: 'before' } })
}
