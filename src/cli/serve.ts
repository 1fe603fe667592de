import { Command } from 'commander'
import { ConfigError, loadConfig, unknownVariables, VARIABLES } from '../config.js'
import { LeporelloError } from '../errors.js'

/** The environment or the command line cannot be used; like getopt's users, apart from a failure at work. */
const EXIT_USAGE = 2

export function serveCommand (): Command {
  return new Command('serve')
    .description('Runs the service. It is configured by environment variables.')
    .addHelpText('after', `\nEnvironment:\n${describeVariables()}\n`)
    .action(run)
}

async function run (): Promise<void> {
  try {
    const config = loadConfig(process.env)
    for (const name of unknownVariables(process.env)) {
      process.stderr.write(`leporello: ${name} is not a variable that leporello reads; see leporello serve --help\n`)
    }
    // Loaded only now, so that --help and configuration errors are quick.
    const { serve } = await import('../server.js')
    await serve(config)
  } catch (error) {
    process.stderr.write(`${explain(error).replace(/^/gm, 'leporello: ')}\n`)
    process.exitCode = error instanceof ConfigError ? EXIT_USAGE : 1
  }
}

function explain (error: unknown): string {
  if (error instanceof ConfigError || error instanceof LeporelloError) return error.message
  const { code, message, stack } = error as NodeJS.ErrnoException
  // What the operating system refuses (a port in use, a forbidden one) is explained by its message alone.
  return code !== undefined ? message : stack ?? message
}

/** The variables as `--help` shows them: name, default, and what they are for. */
function describeVariables (): string {
  return Object.entries<{ help: string, fallback?: string }>(VARIABLES).map(([name, { help, fallback }]) =>
    `  ${name}${fallback === undefined ? '' : `=${fallback}`}\n${wrap(help, 76).replace(/^/gm, '      ')}`).join('\n')
}

function wrap (text: string, width: number): string {
  return text.replace(new RegExp(`(?=.{${width},})(.{1,${width}}) `, 'g'), '$1\n')
}
