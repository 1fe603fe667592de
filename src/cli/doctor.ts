import { styleText } from 'node:util'
import { Command } from 'commander'
import type { Finding } from '../doctor/finding.js'
import { EXIT } from './exit-code.js'
import { explained } from './failure.js'
import { printJson } from './output.js'

interface Options {
  readonly json: boolean
}

export function doctorCommand (): Command {
  return new Command('doctor')
    .description('Tries everything that the configuration names, and says what is wrong and how to mend it.')
    .option('--json', 'print one JSON document', false)
    .addHelpText('after', `
Reads the same environment as leporello serve, and is best run as the same user, on the same machine, whether the service
runs or not. It looks at the variables, the files of users and tokens, the address to listen on, certificates, disks,
memory and file descriptors, and at the search engine, the store, the clocks, the public url and Mozart by asking them. A
document and an object are written and removed again; nothing else is changed.
Exit status: 0 nothing is wrong, though there may be warnings; 1 something is.

Examples:
  leporello doctor
  leporello doctor --json | jq -r '.findings[] | select(.state == "wrong").mend'`)
    .action((options: Options) => explained(() => run(options), options))
}

async function run ({ json }: Options): Promise<void> {
  const { examine } = await import('../doctor/examination.js')
  const findings: Finding[] = []
  for await (const finding of examine(process.env)) {
    findings.push(finding)
    if (!json) process.stdout.write(printed(finding))
  }
  const count = (state: Finding['state']) => findings.filter(each => each.state === state).length
  if (json) printJson({ wrong: count('wrong'), warnings: count('warning'), findings })
  else process.stdout.write(`\n${verdict(count('wrong'), count('warning'))}\n`)
  if (count('wrong') > 0) process.exitCode = EXIT.failed
}

const COLOURS = { ok: 'green', warning: 'yellow', wrong: 'red' } as const

function printed ({ check, state, message, mend }: Finding): string {
  const shown = process.stdout.isTTY && process.stdout.hasColors() ? styleText(COLOURS[state], state.padEnd(8)) : state.padEnd(8)
  return `${shown} ${check}: ${message}\n${mend === undefined ? '' : `${' '.repeat(9)}-> ${mend}\n`}`
}

function verdict (wrong: number, warnings: number): string {
  const counted = (count: number, one: string, many: string) => `${count} ${count === 1 ? one : many}`
  if (wrong > 0) return `${counted(wrong, 'thing is', 'things are')} wrong, ${counted(warnings, 'warning', 'warnings')}`
  return warnings > 0 ? `nothing is wrong, ${counted(warnings, 'warning', 'warnings')}` : 'all is well'
}
