import { Command } from 'commander'
import { EXIT } from './exit-code.js'
import { printJson } from './output.js'
import { describeSweep } from './sweep-text.js'
import { withBackends } from './with-index.js'

interface Options {
  readonly yes: boolean
  readonly force: boolean
  readonly json: boolean
}

export function sweepCommand (): Command {
  return new Command('sweep')
    .description('Removes uploaded tarballs that no document names any more; without --yes it only tells which.')
    .option('--yes', 'do it', false)
    .option('--force', 'go on although more than half of all tarballs are newly named by nobody', false)
    .option('--json', 'print the report as one JSON document', false)
    .addHelpText('after', `
Sweeps the catalogue and the store that the environment names (see leporello serve --help), while the service runs or not.
A tarball goes in two stages: unnamed for LEPORELLO_SWEEP_GRACE_MS it is condemned, and when nobody has named it after so
long again, a later sweep deletes it. So the command has to be run more than once, or LEPORELLO_SWEEP_INTERVAL_MS be set.
Only tarballs that this catalogue took in are touched. If anything that could name one cannot be read, none is.
Exit status: 0 swept, or looked; 1 it stopped (the reason is on standard error); 2 usage.

Examples:
  leporello sweep
  leporello sweep --yes
  leporello sweep --json | jq -r '.condemned[].key'`)
    .action(run)
}

async function run ({ yes, force, json }: Options): Promise<void> {
  await withBackends(async ({ index, images }, { indexTimeoutMs, sweep: { graceMs, indices } }) => {
    const [{ Sweep }, { UploadRecords }] = await Promise.all([
      import('../catalogue/sweep.js'), import('../catalogue/upload-records.js')
    ])
    const means = { index, images, requestTimeoutMs: indexTimeoutMs }
    const sweep = new Sweep({ ...means, records: new UploadRecords(means), graceMs, indices })
    const report = await sweep.run({ dryRun: !yes, force })
    if (json) printJson(report)
    else process.stdout.write(describeSweep(report))
    if (report.stopped === undefined) return
    process.stderr.write(`leporello: the sweep stopped: ${report.stopped}\n`)
    process.exitCode = EXIT.failed
  }, { json })
}
