import { readFile } from 'node:fs/promises'
import { Command, InvalidArgumentError, Option } from 'commander'
import type { LeporelloClient } from '../client/index.js'
import { UsageError } from './exit-code.js'
import { explained } from './failure.js'

/** What every command that speaks with a service understands. */
export interface ServiceOptions {
  readonly url: string
  readonly json: boolean
  readonly cacert?: string
  readonly insecure: boolean
  readonly netrcFile?: string
  readonly timeout: number
}

/** A timer of five times so long is one that Node has. */
const MOST_SECONDS = 86_400

const EXIT_STATUS = `Exit status: 0 done; 1 failed; 2 usage; 3 refused; 4 not found;
5 the service does not answer, or cannot serve just now.`

/** A command that speaks with a service, with the options of all of them; `notes` and `examples` end its --help. */
export function serviceCommand (name: string, description: string, { notes = '', examples }: {
  readonly notes?: string
  readonly examples: readonly string[]
}): Command {
  return new Command(name)
    .description(description)
    .addOption(new Option('--url <url>', 'address of the service').env('LEPORELLO_URL').default('http://localhost:8888'))
    .option('--json', 'print one JSON document', false)
    .addOption(new Option('--cacert <file>', 'PEM file with the certificates to trust').env('LEPORELLO_CA'))
    .option('--insecure', 'accept any certificate', false)
    .option('--netrc-file <file>', 'credentials, for a url without; otherwise $NETRC or ~/.netrc')
    .option('--timeout <seconds>', 'give a request up when nothing has moved for so long', secondsOf, 60)
    .addHelpText('after', `\n${notes === '' ? '' : `${notes}\n`}${EXIT_STATUS}\n\nExamples:\n${examples.map(line => `  ${line}`).join('\n')}`)
}

/** Runs a command's work with a client of the service that the options name; a failure is explained. */
export async function withService (options: ServiceOptions, work: (client: LeporelloClient) => Promise<void>): Promise<void> {
  await explained(async () => {
    const client = await openClient(options)
    try {
      await work(client)
    } finally {
      await client.close()
    }
  }, options)
}

export async function openClient ({ url, cacert, insecure, netrcFile, timeout }: ServiceOptions): Promise<LeporelloClient> {
  const ca = cacert === undefined ? undefined : await readFile(cacert, 'utf8')
  // Loaded only now, so that --help is quick.
  const { LeporelloClient } = await import('../client/index.js')
  return new LeporelloClient({
    url: checkedUrl(url),
    ca,
    insecure,
    netrc: netrcFile,
    timeoutMs: timeout * 1000,
    onRetry: ({ message }, delayMs) => {
      process.stderr.write(`leporello: ${message}; trying again in ${delayMs / 1000} s\n`)
    }
  })
}

function checkedUrl (text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url !== undefined && ['http:', 'https:'].includes(url.protocol) && !/[?#]/.test(url.href)) return text
  throw new UsageError(`--url and LEPORELLO_URL must be http(s)://host[:port][/path], not ${JSON.stringify(text)}`)
}

function secondsOf (text: string): number {
  const seconds = Number(text)
  if (seconds > 0 && seconds <= MOST_SECONDS) return seconds
  throw new InvalidArgumentError(`It must be a number of seconds, up to ${MOST_SECONDS}.`)
}
