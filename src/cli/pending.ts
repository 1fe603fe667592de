import type { Command } from 'commander'
import { printPending } from './container-text.js'
import { printJson } from './output.js'
import { serviceCommand, withService, type ServiceOptions } from './service-command.js'

export function pendingCommand (): Command {
  return serviceCommand('pending', 'Shows what waits for the rest of its build, for which architectures, and since when.', {
    examples: ['leporello pending', 'leporello pending container-foo:1.0 --json']
  })
    .argument('[id]', 'only of this container')
    .action(run)
}

async function run (id: string | undefined, options: ServiceOptions): Promise<void> {
  await withService(options, async client => {
    const pending = await client.pending(id)
    if (options.json) printJson({ pending })
    else printPending(pending)
  })
}
