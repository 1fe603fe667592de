import { performance } from 'node:perf_hooks'
import { setTimeout } from 'node:timers/promises'
import { withoutSecrets } from '../domain/userinfo.js'
import { authorizationFor, mayFollow } from './authorization.js'
import { exchange, ExchangeError, type Answer, type Exchange, type ExchangeOptions } from './exchange.js'
import { reasonOf, RegistrationFailure } from './failure.js'

export interface DeliveryOptions extends ExchangeOptions {
  /** For how long a request is repeated that fails for a reason that may pass. */
  readonly patienceMs: number
  readonly warn: (message: string) => void
}

const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 5_000
const MOST_REDIRECTS = 10

/** Answers that may be others in a moment. Mozart says 500 for whatever ails its engine. */
const PASSING = new Set([408, 425, 429, 500, 502, 503, 504])

/** These have every client send a GET to the other address, which registers nothing. */
const TURNS_INTO_GET = new Set([301, 302, 303])

/**
 * Sends a request, follows a redirect that keeps the method, and repeats what fails in passing; registering twice does
 * what registering once does. Resolves to the first answer that is none of those.
 *
 * @throws RegistrationFailure, certain only if no attempt may have been carried out.
 */
export async function deliver (request: Exchange, options: DeliveryOptions): Promise<Answer & { readonly certain: boolean }> {
  const until = performance.now() + options.patienceMs
  let certain = true
  for (let attempt = 0; ; attempt++) {
    const outcome = await attempted(request, options, certain)
    const failed = outcome instanceof ExchangeError
    certain &&= failed ? !outcome.connected : outcome.status < 500
    const pause = pauseBefore(attempt, failed ? undefined : outcome)
    const worthIt = failed ? !isLasting(outcome) : PASSING.has(outcome.status)
    if (!worthIt || performance.now() + pause > until) {
      if (failed) throw unreachable(request.url, outcome, certain)
      return { ...outcome, certain }
    }
    if (attempt === 0) options.warn(`${shown(request.url)}: ${failed ? reasonOf(outcome) : outcome.status}; trying again for ${options.patienceMs / 1000} s`)
    await setTimeout(pause, undefined, { signal: options.signal })
  }
}

async function attempted (request: Exchange, options: DeliveryOptions, certain: boolean): Promise<Answer | ExchangeError> {
  try {
    return await followed(request, options)
  } catch (error) {
    if (error instanceof ExchangeError && !options.signal.aborted) return error
    if (error instanceof RegistrationFailure && !certain) throw new RegistrationFailure(error.message, { certain, cause: error })
    throw error
  }
}

/** Not by waiting will a name or a certificate become another one. */
function isLasting ({ cause }: ExchangeError): boolean {
  return /^(ENOTFOUND|EPROTO|ERR_SSL_.*|ERR_TLS_.*|UNABLE_TO_.*|.*CERT.*)$/.test((cause as NodeJS.ErrnoException).code ?? '')
}

function pauseBefore (attempt: number, answer: Answer | undefined): number {
  const asked = Number(answer?.headers['retry-after'])
  const own = Math.random() * Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** attempt)
  return asked > 0 ? Math.max(asked * 1000, own) : own
}

async function followed (request: Exchange, options: DeliveryOptions): Promise<Answer> {
  let [url, authorization] = [request.url, await authorizationFor(request.url, options.env)]
  for (let redirects = 0; ; redirects++) {
    const headers = { ...request.headers, ...(authorization !== undefined && { authorization }) }
    const answer = await exchange({ ...request, url, headers }, options)
    const location = answer.headers.location
    if (location === undefined || answer.status < 300 || answer.status >= 400) return answer
    const target = URL.canParse(location, url.href) ? new URL(location, url) : undefined
    if (TURNS_INTO_GET.has(answer.status) || target === undefined || !/^https?:$/.test(target.protocol) || redirects === MOST_REDIRECTS) {
      throw redirected(url, answer.status, target?.href ?? location)
    }
    authorization = await authorizationFor(target, options.env) ?? (mayFollow(url, target) ? authorization : undefined)
    url = target
  }
}

function redirected (url: URL, status: number, target: string): RegistrationFailure {
  const why = TURNS_INTO_GET.has(status) ? ', by which a registration would become a mere read' : ''
  return new RegistrationFailure(withoutSecrets(`${shown(url)} redirects (${status}) to ${target}${why}; ` +
    'give the address it redirects to as mozart_url, without what was appended to it'), { certain: true })
}

function unreachable (url: URL, error: ExchangeError, certain: boolean): RegistrationFailure {
  return new RegistrationFailure(certain
    ? `there is no connection to ${shown(url)} (${reasonOf(error)}); is mozart_url right, and the service running?${adviceOn(error)}`
    : `${shown(url)} gave no answer (${reasonOf(error)})`, { certain, cause: error })
}

function adviceOn ({ cause }: ExchangeError): string {
  return /CERT|UNABLE_TO/.test((cause as NodeJS.ErrnoException).code ?? '') ? ' NODE_EXTRA_CA_CERTS=FILE.pem adds a certificate to trust' : ''
}

/** Without what nobody is to read in a log. */
export function shown (url: URL): string {
  return withoutSecrets(url.href)
}
