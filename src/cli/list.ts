import type { Command } from 'commander'
import { printable, printJson } from './output.js'
import { serviceCommand, withService, type ServiceOptions } from './service-command.js'

export function listCommand (): Command {
  return serviceCommand('list', 'Lists the names of all containers, sorted.', {
    examples: ['leporello list', 'leporello list --json | jq -r .ids[]']
  }).action(run)
}

async function run (options: ServiceOptions): Promise<void> {
  await withService(options, async client => {
    const ids = await client.list()
    if (options.json) printJson({ ids })
    else process.stdout.write(ids.map(id => `${printable(id)}\n`).join(''))
  })
}
