import type { SweepReport } from '../../src/catalogue/sweep-report.js'
import { runLeporello } from '../service.js'

type Environment = Record<string, string>

/** A grace is over before so many processes have been started one after the other. */
export const MOST_TRIES = 60

/** The shortest grace there may be. */
export const SHORT_GRACE: Environment = { LEPORELLO_SWEEP_GRACE_MS: '4000', LEPORELLO_UPLOAD_TIMEOUT_MS: '1000' }

/** Runs `leporello sweep` and gives its report. */
export async function sweep (env: Environment, ...args: string[]): Promise<SweepReport> {
  const { code, stdout, stderr } = await runLeporello(['sweep', '--json', ...args], env)
  if (code !== 0) throw new Error(`leporello sweep ended with ${code}: ${stderr}`)
  return JSON.parse(stdout)
}

/** Sweeps again and again, since time has to pass, until the report is as wanted. */
export async function sweepUntil (
  env: Environment, args: string[], isWanted: (report: SweepReport) => boolean
): Promise<SweepReport> {
  let report: SweepReport | undefined
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    report = await sweep(env, ...args)
    if (isWanted(report)) return report
  }
  throw new Error(`not after ${MOST_TRIES} sweeps, the last of which says ${JSON.stringify(report)}`)
}
