import type { Command } from 'commander'
import type { Architecture } from '../domain/architecture.js'
import { confirmed } from './confirmation.js'
import { printRegistered } from './container-text.js'
import { architectureOf } from './named-values.js'
import { serviceCommand, withService, type ServiceOptions } from './service-command.js'

interface Options extends ServiceOptions {
  readonly yes: boolean
  readonly ifMatch?: string
}

export function detachCommand (): Command {
  return serviceCommand('detach', 'Takes one architecture away from a container; the last one only goes with leporello remove.', {
    examples: ['leporello detach container-foo:1.0 arm64', 'leporello detach container-foo:1.0 arm64 --yes']
  })
    .argument('<id>', 'name of the container, with its tag')
    .argument('<architecture>', 'in any usual spelling', architectureOf)
    .option('--yes', 'do not ask', false)
    .option('--if-match <etag>', 'refuse unless the registration is the one that was read')
    .action(run)
}

async function run (id: string, architecture: Architecture, options: Options): Promise<void> {
  const { json, ifMatch } = options
  await withService(options, async client => {
    await confirmed(`detach ${architecture} from ${id}`, options)
    printRegistered(await client.detach(id, architecture, { ifMatch }), { json })
  })
}
