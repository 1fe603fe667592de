import type { SparedTarball, SweepReport, SweptTarball } from '../catalogue/sweep-report.js'
import { readableSize } from '../domain/readable-size.js'

/** The report for a person: a line for each thing that was done, and one that sums up. */
export function describeSweep (report: SweepReport): string {
  const { dryRun, condemned, waiting, pardoned, deleted, finished, leftAlone, abandoned, records } = report
  const would = dryRun ? 'would be ' : ''
  const lines = [
    ...each(`${would}deleted`, [...deleted, ...finished]),
    ...each(`${would}condemned`, condemned),
    ...each('condemned before, the grace is not over', waiting),
    ...each(`named again, ${would}pardoned`, pardoned),
    ...each('left alone', leftAlone),
    ...abandoned.map(({ key, startedAt }) =>
      `unfinished upload ${would}removed: ${key || 'without a name'}, of ${startedAt.toISOString()}`),
    ...records.map(ulid => `record ${would}removed: upload ${ulid}, of which nothing is stored`),
    `${report.tarballs} tarballs, ${report.young} of them too young to judge, ${report.candidates} named by no document`
  ]
  if (dryRun && condemned.length + deleted.length + finished.length + abandoned.length + records.length > 0) {
    lines.push('Nothing was changed; leporello sweep --yes does it.')
  }
  return lines.map(line => `${line}\n`).join('')
}

function each (what: string, tarballs: ReadonlyArray<SweptTarball | SparedTarball>): string[] {
  return tarballs.map(tarball => `${what}: ${tarball.key} (${readableSize(tarball.size)})${'reason' in tarball ? `: ${tarball.reason}` : ''}`)
}
