import fp from 'fastify-plugin'
import type { AppOptions } from '../src/app.js'
import { recurring } from '../src/recurring.js'
import { Sweep } from '../src/catalogue/sweep.js'
import type { SweepReport } from '../src/catalogue/sweep-report.js'

/** Under which name it is counted what a report lists. */
const ACTIONS = {
  condemned: 'condemned', pardoned: 'pardoned', deleted: 'deleted', finished: 'deleted', leftAlone: 'left_alone', abandoned: 'abandoned'
} as const

/** Sweeps from time to time, if it was told to; the next sweep is timed when one has ended. */
export default fp<AppOptions>(async (fastify, { config, backends: { index, images } }) => {
  const { sweep: { graceMs, indices, intervalMs }, indexTimeoutMs } = config
  if (intervalMs === undefined) return
  fastify.metrics.sweepInterval.set(intervalMs / 1000)
  const { records } = fastify.catalogue
  const sweep = new Sweep({ index, images, records, graceMs, indices, requestTimeoutMs: indexTimeoutMs })

  const observe = (report: SweepReport, closing: AbortSignal) => {
    const { sweeps, swept, lastSweep } = fastify.metrics
    const isComplete = report.stopped === undefined
    if (isComplete) lastSweep.setToCurrentTime()
    // One that is stopped since the service ends has not met anything.
    if (isComplete || !closing.aborted) sweeps.inc({ outcome: isComplete ? 'completed' : 'stopped' })
    for (const [list, action] of Object.entries(ACTIONS)) swept.inc({ action }, report[list as keyof typeof ACTIONS].length)
  }

  recurring(fastify, { intervalMs }, async closing => {
    try {
      const report = await sweep.run({ dryRun: false, signal: closing })
      observe(report, closing)
      fastify.log[report.stopped === undefined || closing.aborted ? 'info' : 'warn'](counts(report), 'sweep')
    } catch (error) {
      fastify.metrics.sweeps.inc({ outcome: 'failed' })
      fastify.log.error({ err: error }, 'sweep failed')
    }
  })
}, { name: 'sweep', dependencies: ['catalogue'] })

/** Lists by their lengths. */
function counts (report: SweepReport): object {
  return Object.fromEntries(Object.entries(report).map(([name, value]) => [name, Array.isArray(value) ? value.length : value]))
}
