import { Findings, type Finding } from './finding.js'

/** What `look` finds; that it could not look to the end is a finding as well. */
export async function attempted (check: string, look: () => Promise<readonly Finding[]>): Promise<readonly Finding[]> {
  try {
    return await look()
  } catch (error) {
    const findings = new Findings(check)
    findings.wrong(`it cannot be told how this is: ${error instanceof Error ? error.message : String(error)}`,
      'mend what that says, and ask again')
    return findings.all
  }
}
