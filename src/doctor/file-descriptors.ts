import { readFile } from 'node:fs/promises'
import { Findings, type Finding } from './finding.js'

/** A fleet of workers keeps a connection each, and 5,000 have been tried. */
const ENOUGH = 8192

/** How many files and connections a process started from here may have open. */
export async function checkFileDescriptors (limits = '/proc/self/limits'): Promise<readonly Finding[]> {
  const findings = new Findings('file descriptors')
  const text = await readFile(limits, 'utf8').catch(() => undefined)
  if (text === undefined) return []
  const most = /^Max open files\s+\S+\s+(\S+)/m.exec(text)?.[1] ?? 'unlimited'
  const message = `a process started from here may have ${most} files and connections open`
  // Node itself raises the soft limit to the hard one.
  if (most === 'unlimited' || Number(most) >= ENOUGH) findings.ok(message)
  else findings.warning(message, `raise the hard limit to ${ENOUGH} or more where the service is started: ulimit -n, LimitNOFILE= of systemd, --ulimit nofile= of docker`)
  return findings.all
}
