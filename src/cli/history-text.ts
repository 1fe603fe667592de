import type { Change, HistoryPage } from '../client/answers.js'
import { printTable } from './output.js'

/** What every change of ours brings, and who made it stands beside it. */
const OF_EVERY_CHANGE = new Set(['updated_at', 'updated_by', 'set', 'since'])

/** A line for each change, the newest first. */
export function printHistory ({ changes, before }: HistoryPage): void {
  if (changes.length === 0) return
  printTable(['WHEN', 'WHO', 'WHAT', 'CHANGED'], changes.flatMap((change, at) => [
    [change.at, change.by, whatOf(change), changedIn(change)],
    ...hasGap(change, changes.slice(at + 1)) ? [['', '', '', '(changed by something else in between)']] : []
  ]))
  if (before !== null) process.stderr.write(`leporello: there is more; go on with --before ${before}\n`)
}

function whatOf ({ operation, resource, build }: Change): string {
  const what = resource === 'set' ? `${operation}, not shown` : operation
  return build === null || operation === 'remove' ? what : `${what}, build ${build}`
}

/** Whether the document that it found is not the one that the change before it left. */
function hasGap ({ resource, etag_before: found }: Change, older: readonly Change[]): boolean {
  if (resource === 'set') return false
  const previous = older.find(each => each.resource === resource)
  return previous !== undefined && previous.etag_after !== found
}

/** The fields that are new, gone or other than before. */
function changedIn ({ before, after, left_out: isLeftOut }: Change): string {
  if (isLeftOut) return 'too large to be kept'
  if (before === null) return after === null ? '' : 'new'
  if (after === null) return 'removed'
  const names = new Set([...Object.keys(before), ...Object.keys(after)].filter(name => !OF_EVERY_CHANGE.has(name)))
  const differing = [...names].filter(name => JSON.stringify(before[name]) !== JSON.stringify(after[name]))
  return differing.map(name => `${name}: ${shown(before[name])} -> ${shown(after[name])}`).join('; ')
}

/** Lists and objects are too long for a line. */
function shown (value: unknown): string {
  if (value === undefined || value === null) return '-'
  return typeof value === 'object' ? '...' : String(value)
}
