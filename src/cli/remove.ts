import type { Command } from 'commander'
import { confirmed } from './confirmation.js'
import { printJson } from './output.js'
import { serviceCommand, withService, type ServiceOptions } from './service-command.js'

interface Options extends ServiceOptions {
  readonly yes: boolean
  readonly ifMatch?: string
}

export function removeCommand (): Command {
  return serviceCommand('remove', 'Removes a container\'s registration; uploaded tarballs go with a later leporello sweep.', {
    examples: ['leporello remove container-foo:1.0', 'leporello remove container-foo:1.0 --yes']
  })
    .argument('<id>', 'name of the container, with its tag')
    .option('--yes', 'do not ask', false)
    .option('--if-match <etag>', 'refuse unless the registration is the one that was read')
    .action(run)
}

async function run (id: string, options: Options): Promise<void> {
  await withService(options, async client => {
    await confirmed(`remove ${id}`, options)
    await client.remove(id, { ifMatch: options.ifMatch })
    if (options.json) printJson({ state: 'removed', id })
    else process.stdout.write(`${id} is removed\n`)
  })
}
