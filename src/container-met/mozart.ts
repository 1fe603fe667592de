import { deliver, shown, type DeliveryOptions } from './delivery.js'
import type { Answer } from './exchange.js'
import { RegistrationFailure } from './failure.js'
import { registrationBody, type TarballUrls } from './registration.js'
import { endpoint, type MetRequest } from './request.js'

const LONGEST_MESSAGE = 500

export const USER_AGENT = 'container-met (Leporello)'

/** What can be done about a refusal, where the message itself may not tell. */
const ADVICE: Readonly<Record<number, string>> = {
  401: 'give a user and password for it in ~/.netrc',
  403: 'give a user and password that may register, in ~/.netrc',
  404: 'is mozart_url right? It ends in /api/v0.1',
  405: 'is mozart_url right? It ends in /api/v0.1',
  407: 'give the proxy\'s user and password in its variable, http://USER:PASSWORD@HOST:PORT'
}

/**
 * Registers the container with tarballs that are stored.
 *
 * @throws RegistrationFailure
 */
export async function register (request: MetRequest, urls: TarballUrls, options: DeliveryOptions): Promise<void> {
  const url = endpoint(request, 'container/add')
  const body = registrationBody(request, urls)
  const answer = await deliver({
    method: 'POST',
    url,
    headers: {
      'user-agent': USER_AGENT,
      accept: '*/*',
      'content-type': 'application/x-www-form-urlencoded',
      'content-length': Buffer.byteLength(body)
    },
    body
  }, options)
  checkAnswer(url, answer)
}

/** Returns what Mozart answers a success with; throws a RegistrationFailure for anything else. */
export function checkAnswer (url: URL, answer: Answer & { readonly certain: boolean }): Readonly<Record<string, unknown>> {
  const { status, certain } = answer
  const said = parse(answer.text)
  if (status < 200 || status >= 300 || said?.['success'] === false) {
    const advice = ADVICE[status]
    throw new RegistrationFailure(`${shown(url)} ${status < 500 ? 'refuses' : 'fails'} (${status}): ${messageOf(answer, said)}` +
      (advice === undefined ? '' : `; ${advice}`), { certain })
  }
  if (said?.['success'] !== true) {
    throw new RegistrationFailure(`${shown(url)} answers ${status}, but not as Mozart does: ${messageOf(answer, said)}; is mozart_url right?`,
      { certain: false })
  }
  return said
}

function parse (text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}

function messageOf ({ text, headers }: Answer, said: Readonly<Record<string, unknown>> | undefined): string {
  const message = said?.['message']
  if (typeof message === 'string' && message !== '') return message.slice(0, LONGEST_MESSAGE).replace(/\.$/, '')
  const plain = text.replace(/<(script|style).*?<\/\1>|<[^<>]*>/gs, ' ').replace(/\s+/g, ' ').trim()
  return plain === '' ? 'without a word' : `${plain.slice(0, 120)} (${headers['content-type'] ?? 'without a type'})`
}
