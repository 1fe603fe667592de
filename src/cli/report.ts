import type { Command } from 'commander'
import type { Report } from '../client/index.js'
import { printFields, printJson, printTable } from './output.js'
import { serviceCommand, withService, type ServiceOptions } from './service-command.js'

export function reportCommand (): Command {
  return serviceCommand('report', 'Tells what the site has, lacks and should mend.', {
    notes: 'Where an architecture lacks, unmodified workers of it load another one\'s image.',
    examples: ['leporello report', 'leporello report --json | jq -r \'.lacking.arm64.ids[]\'']
  }).action(run)
}

async function run (options: ServiceOptions): Promise<void> {
  await withService(options, async client => {
    const report = await client.report()
    if (options.json) printJson(report)
    else print(report)
  })
}

function print ({ containers, architectures, lacking, legacy, versions_differ: differing, flawed }: Report): void {
  printFields([
    ['containers', String(containers)],
    ['without urls', String(legacy.count)],
    ['of several versions', String(differing.count)],
    ['flawed', String(flawed.count)]
  ])
  if (Object.keys(architectures).length > 0) {
    process.stdout.write('\n')
    printTable(['ARCHITECTURE', 'HAVE IT', 'LACK IT', 'SUCH AS'], Object.entries(architectures).map(([name, count]) => (
      [name, String(count), String(lacking[name]?.count ?? 0), lacking[name]?.ids.slice(0, 3).join(', ') ?? ''])))
  }
  if (flawed.containers.length === 0) return
  process.stdout.write('\n')
  printTable(['ID', 'FLAW'], flawed.containers.flatMap(({ id, flaws }) => flaws.map(({ message }) => [id, message])))
}
