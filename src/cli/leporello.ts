#!/usr/bin/env node
import { readFile } from 'node:fs/promises'
import { Command } from 'commander'
import { COMMANDS } from './commands.js'
import { tendStandardStreams } from './standard-streams.js'

const OF_COMMANDS = ['LEPORELLO_URL', 'LEPORELLO_CA', 'LEPORELLO_CACHE', 'LEPORELLO_ENGINE']

tendStandardStreams('leporello')

// As for the service, an empty value is none.
for (const name of OF_COMMANDS) if (process.env[name] === '') delete process.env[name]

const { version } = JSON.parse(await readFile(new URL('../../../package.json', import.meta.url), 'utf8')) as { version: string }

const program = new Command('leporello')
  // What stands after a command is that command's, --version too.
  .enablePositionalOptions()
  .version(version)
  .description('Keeps the catalogue of a HySDS cluster\'s container images, and brings them to its workers.')
  .addHelpText('after', `
leporello COMMAND --help tells more of each. Those that speak with a service find it by --url or LEPORELLO_URL.

Examples:
  leporello serve
  leporello upload container-foo:1.0 x86_64=foo.tar.gz arm64=foo-arm64.tar.gz
  leporello load container-foo:1.0`)

const words = process.argv.slice(2).filter(word => !word.startsWith('-'))
const wanted = words[0] === 'help' ? words[1] : words[0]
for (const { name, summary, load } of COMMANDS) {
  program.addCommand(name === wanted ? (await load()).summary(summary) : new Command(name).summary(summary))
}

tellUsageApart(program)

await program.parseAsync()

/** As for a wrong environment: 2 is a mistake of whoever typed it, 1 a failure at work. Also of commands within commands. */
function tellUsageApart (command: Command): void {
  command.exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
  command.commands.forEach(tellUsageApart)
}
