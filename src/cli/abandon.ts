import type { Command } from 'commander'
import { confirmed } from './confirmation.js'
import { UsageError } from './exit-code.js'
import { printJson } from './output.js'
import { serviceCommand, withService, type ServiceOptions } from './service-command.js'

interface Options extends ServiceOptions {
  readonly yes: boolean
  readonly build?: string
  readonly version?: string
}

export function abandonCommand (): Command {
  return serviceCommand('abandon', 'Ends what waits of a build: its images are shown to nobody, and what comes later begins anew.', {
    examples: ['leporello abandon container-foo:1.0 --build 7', 'leporello abandon container-foo:1.0 --version 1.0 --yes']
  })
    .argument('<id>', 'name of the container, with its tag')
    .option('--build <name>', 'the build that waits')
    .option('--version <text>', 'the version that waits, of images that were sent without a build')
    .option('--yes', 'do not ask', false)
    .action(run)
}

async function run (id: string, options: Options): Promise<void> {
  await withService(options, async client => {
    const [of, what] = wanted(options)
    await confirmed(`abandon ${what} of ${id}`, options)
    const abandoned = await client.abandon(id, of)
    if (options.json) printJson({ state: 'abandoned', pending: abandoned })
    else process.stdout.write(`${what} of ${id} is abandoned\n`)
  })
}

function wanted ({ build, version }: Options): [of: { readonly build: string } | { readonly version: string }, what: string] {
  if (build !== undefined && version === undefined) return [{ build }, `build ${build}`]
  if (version !== undefined && build === undefined) return [{ version }, `version ${version}`]
  throw new UsageError('give either --build or --version, of what waits (leporello pending)')
}
