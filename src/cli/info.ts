import type { Command } from 'commander'
import { printContainer } from './container-text.js'
import { printJson } from './output.js'
import { serviceCommand, withService, type ServiceOptions } from './service-command.js'

export function infoCommand (): Command {
  return serviceCommand('info', 'Shows a container\'s registration.', {
    examples: ['leporello info container-foo:1.0', 'leporello info container-foo:1.0 --json | jq -r .document.url']
  })
    .argument('<id>', 'name of the container, with its tag')
    .action(run)
}

async function run (id: string, options: ServiceOptions): Promise<void> {
  await withService(options, async client => {
    const { document, tag } = await client.info(id)
    if (options.json) printJson({ document, tag: tag ?? null })
    else printContainer(document)
  })
}
