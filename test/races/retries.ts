import type { Random } from '../random.js'
import type { Service } from '../service.js'

const FORM = { 'content-type': 'application/x-www-form-urlencoded' }

/**
 * Posts a form until it is answered, as a client does behind a load balancer: a service that dies or is not ready is
 * left for another one.
 */
export async function untilAnswered (
  path: string, form: Readonly<Record<string, string>>, services: readonly Service[], random: Random
): Promise<{ status: number, text: string }> {
  const body = new URLSearchParams(form).toString()
  for (;;) {
    const service = random.pick(services.filter(isAlive))
    try {
      const answer = await fetch(`${service.url}${path}`, { method: 'POST', headers: FORM, body })
      const text = await answer.text()
      if (answer.status !== 503) return { status: answer.status, text }
    } catch (error) {
      // A connection that is refused or cut says nothing; anything else is a failure of the test.
      if (!(error instanceof TypeError)) throw error
    }
    await new Promise(resolve => setTimeout(resolve, random.below(50))) // as a client would, before it tries again
  }
}

export function isAlive ({ process: { exitCode, signalCode } }: Service): boolean {
  return exitCode === null && signalCode === null
}
