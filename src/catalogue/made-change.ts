import type { Author, Operation } from '../domain/author.js'
import { entityTagOf, type EntityTag } from '../domain/entity-tag.js'
import { maskedDocument } from '../domain/masked-document.js'
import type { LogEntry, LoggedKind } from '../ports/change-log.js'
import type { Version } from '../ports/document-index.js'

/** A change that is durable. */
export interface MadeChange {
  readonly kind: LoggedKind
  /** The document's id. */
  readonly name: string
  readonly at: Date
  readonly author: Author
  readonly operation: Operation
  /** The build that it belongs to, or that it shows. */
  readonly build?: string | undefined
  /** JSON texts; of a set, the set alone. Undefined: there was, or is, none. */
  readonly before: string | undefined
  readonly after: string | undefined
  /** Of these two, where they are known by now. */
  readonly tags?: { readonly before: EntityTag | null, readonly after: EntityTag | null }
  /** What the write left, and the place among the changes that it made. */
  readonly version: Version
  readonly part: number
}

/** The part of a change whose write was never answered: after all that made the version which was there before it. */
export const PART_AFTER = 1_000_000

/** Takes note of changes; whoever makes one neither waits for it nor fails with it. */
export interface ChangeRecorder {
  record (change: MadeChange): void
}

/** A larger document is left out of an entry, which says so. */
const LARGEST_DOCUMENT = 2 ** 20

/** The entry of a change as the log keeps it: one line of JSON, without secrets. */
export function logEntryOf (change: MadeChange): LogEntry {
  const { kind, name, at, author, operation, build, before, after, version, part } = change
  const { tags = { before: tagOf(before), after: tagOf(after) } } = change
  const said = JSON.stringify({
    at: at.toISOString(),
    by: author.name,
    account: author.account ?? null,
    request_id: author.requestId ?? null,
    operation: author.operation ?? operation,
    resource: kind === 'sets' ? 'set' : kind,
    name,
    build: build ?? null,
    etag_before: tags.before,
    etag_after: tags.after,
    left_out: isLarge(before) || isLarge(after)
  })
  return { kind, name, at, version, part, json: `${said.slice(0, -1)},"before":${told(before)},"after":${told(after)}}` }
}

function tagOf (json: string | undefined): EntityTag | null {
  return json === undefined ? null : entityTagOf(json)
}

function isLarge (json: string | undefined): boolean {
  return json !== undefined && json.length > LARGEST_DOCUMENT
}

/** On one line: somebody else's document may be on several, and no line break of JSON is within a string. */
function told (json: string | undefined): string {
  if (json === undefined || isLarge(json)) return 'null'
  const masked = maskedDocument(json)
  return masked.includes('\n') || masked.includes('\r') ? masked.replace(/[\r\n]+/g, ' ') : masked
}
