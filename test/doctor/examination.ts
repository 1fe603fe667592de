import { examine } from '../../src/doctor/examination.js'
import type { Finding } from '../../src/doctor/finding.js'

/** What the doctor finds with nothing but `env` in the environment. */
export async function findingsWith (env: Record<string, string>): Promise<Finding[]> {
  const findings: Finding[] = []
  for await (const finding of examine({ LEPORELLO_PORT: '0', ...env })) findings.push(finding)
  return findings
}

/** Those of one check that are not `ok`. */
export function complaints (findings: readonly Finding[], check: string): Finding[] {
  return findings.filter(each => each.check === check && each.state !== 'ok')
}
