import { InvalidArgumentError, type Command } from 'commander'
import { printHistory } from './history-text.js'
import { printJson } from './output.js'
import { serviceCommand, withService, type ServiceOptions } from './service-command.js'

interface Options extends ServiceOptions {
  readonly limit: number
  readonly before?: string
}

export function historyCommand (): Command {
  return serviceCommand('history', 'Tells who changed a container, when, and what; also of one that is gone.', {
    notes: 'The newest change comes first. Where something else changed the registration in between, a line says so.',
    examples: ['leporello history container-foo:1.0', 'leporello history container-foo:1.0 --json | jq -r \'.changes[].by\'']
  })
    .argument('<id>', 'the container\'s name')
    .option('--limit <number>', 'so many changes, 1 to 1000', numberOf, 100)
    .option('--before <cursor>', 'go on with what is older: what --json gave as before')
    .action(run)
}

async function run (id: string, { limit, before, ...options }: Options): Promise<void> {
  await withService(options, async client => {
    const page = await client.history(id, { limit, before })
    if (options.json) printJson(page)
    else printHistory(page)
  })
}

function numberOf (text: string): number {
  const number = Number(text)
  if (Number.isInteger(number) && number >= 1 && number <= 1000) return number
  throw new InvalidArgumentError('It must be a whole number from 1 to 1000.')
}
