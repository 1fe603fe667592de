import { Command, InvalidArgumentError } from 'commander'
import { Failure } from '../container-met/failure.js'

interface Options {
  readonly viaService?: boolean
  readonly verifyTls?: boolean
  readonly timeout?: number
  readonly patience?: number
}

/** That container-met.py ends with when arguments are missing. */
export const EXIT_USAGE = 255

const TIMEOUT_SECONDS = 120
/** A service answers when its store has put a large tarball together, which may take minutes. */
const SERVICE_TIMEOUT_SECONDS = 360
const PATIENCE_SECONDS = 60
const MOST_SECONDS = 86_400

export function containerMetCommand (): Command {
  return new Command('container-met')
    .description('Stores image tarballs and registers a container with them, as container-met.py does.')
    .usage('[options] ident version product repo digest mozart_url [product_arm64]')
    .argument('[arguments...]')
    .option('--via-service', 'send the tarballs to the Leporello at mozart_url, which stores them; repo is not used')
    .option('--verify-tls', 'refuse a service whose certificate this machine does not trust (NODE_EXTRA_CA_CERTS adds some)')
    .option('--timeout <seconds>', `give up on a connection that is silent for so long, 0 never (default: ${TIMEOUT_SECONDS}, via the service ${SERVICE_TIMEOUT_SECONDS})`, seconds)
    .option('--patience <seconds>', `repeat for so long what fails in passing (default: ${PATIENCE_SECONDS})`, seconds)
    .addHelpText('after', `
repo: s3://BUCKET[/PREFIX], s3://s3.REGION.amazonaws.com/BUCKET[/PREFIX], a folder or file:///FOLDER.
product or product_arm64 may be '' where there is no such image. All is checked before anything is sent.

Environment: LEPORELLO_VIA_SERVICE=1, LEPORELLO_VERIFY_TLS=1, LEPORELLO_TIMEOUT and LEPORELLO_PATIENCE are the options;
the AWS variables, AWS_ENDPOINT_URL for a server that is not AWS; http_proxy, https_proxy, no_proxy; NETRC.

Exit status: 0 registered; 1 not, or not known (the reason is on standard error); 255 usage.

Examples:
  container-met container-hello:1.0 1.0 hello.tar.gz s3://bucket/containers "$DIGEST" https://HOST:8888/api/v0.1
  container-met --via-service container-hello:1.0 1.0 hello.tar.gz '' "$DIGEST" https://HOST:8888/api/v0.1 hello-arm64.tar.gz`)
    .action(async (given: string[], options: Options) => { await main(given, options) })
}

async function main (given: readonly string[], options: Options): Promise<void> {
  const { parseRequest, USAGE } = await import('../container-met/request.js')
  const interruption = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => { interruption.abort() })
  const { progressBars } = await import('./progress-bar.js')
  const progress = await progressBars('container-met')
  try {
    const request = parseRequest(given)
    if (request === undefined) {
      process.stderr.write(`${USAGE}\n`)
      process.exitCode = EXIT_USAGE
      return
    }
    const { run } = await import('../container-met/run.js')
    await run(request, {
      ...settings(options), env: process.env, progress, warn: message => { progress.say(`warning: ${message}`) }, signal: interruption.signal
    })
    progress.stop()
    progress.say(`${request.ident} is registered`)
  } catch (error) {
    progress.stop()
    progress.say(interruption.signal.aborted && !(error instanceof Failure) ? 'stopped by a signal' : explain(error))
    process.exitCode = 1
  } finally {
    progress.stop()
  }
}

function explain (error: unknown): string {
  // What the operating system refuses is explained by its message alone.
  if (error instanceof Failure || (error as NodeJS.ErrnoException).code !== undefined) return (error as Error).message
  return (error as Error).stack ?? String(error)
}

/** An option, else its variable, else the default. */
function settings (options: Options) {
  const viaService = options.viaService ?? flag('LEPORELLO_VIA_SERVICE')
  return {
    viaService,
    verifyTls: options.verifyTls ?? flag('LEPORELLO_VERIFY_TLS'),
    timeoutMs: 1000 * (options.timeout ?? variable('LEPORELLO_TIMEOUT', viaService ? SERVICE_TIMEOUT_SECONDS : TIMEOUT_SECONDS)),
    patienceMs: 1000 * (options.patience ?? variable('LEPORELLO_PATIENCE', PATIENCE_SECONDS))
  }
}

function flag (name: string): boolean {
  return !['', '0', undefined].includes(process.env[name])
}

function variable (name: string, fallback: number): number {
  const text = process.env[name] || String(fallback)
  if (isSeconds(text)) return Number(text)
  throw new Failure(`${name} must be a number of seconds, up to ${MOST_SECONDS}, not ${JSON.stringify(text)}; nothing was sent`)
}

function seconds (text: string): number {
  if (isSeconds(text)) return Number(text)
  throw new InvalidArgumentError(`It must be a number of seconds, up to ${MOST_SECONDS}.`)
}

function isSeconds (text: string): boolean {
  return /^(\d+|\d*\.\d+)$/.test(text) && Number(text) <= MOST_SECONDS
}
