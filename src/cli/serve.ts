import { Command } from 'commander'
import { loadConfig, unknownVariables, VARIABLES } from '../config.js'
import { explained } from './failure.js'

export function serveCommand (): Command {
  return new Command('serve')
    .description('Runs the service. It is configured by environment variables.')
    .addHelpText('after', `\nEnvironment:\n${describeVariables()}\n\nExamples:\n  leporello serve\n  LEPORELLO_PORT=80 LEPORELLO_HOST=0.0.0.0 leporello serve\n`)
    .action(run)
}

async function run (): Promise<void> {
  await explained(async () => {
    const config = loadConfig(process.env)
    for (const name of unknownVariables(process.env)) {
      process.stderr.write(`leporello: ${name} is not a variable that leporello reads; see leporello serve --help\n`)
    }
    // Loaded only now, so that --help and configuration errors are quick.
    const { serve } = await import('../server.js')
    await serve(config)
  })
}

/** The variables as `--help` shows them: name, default, and what they are for. */
function describeVariables (): string {
  return Object.entries<{ help: string, fallback?: string }>(VARIABLES).map(([name, { help, fallback }]) =>
    `  ${name}${fallback === undefined ? '' : `=${fallback}`}\n${wrap(help, 76).replace(/^/gm, '      ')}`).join('\n')
}

function wrap (text: string, width: number): string {
  return text.replace(new RegExp(`(?=.{${width},})(.{1,${width}}) `, 'g'), '$1\n')
}
