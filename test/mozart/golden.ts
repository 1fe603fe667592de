import { readFile } from 'node:fs/promises'
import type { FastifyInstance, InjectOptions } from 'fastify'
import type { Test } from 'tap'

interface Answer {
  readonly success?: boolean
  readonly message?: string
  readonly result?: unknown
}

interface Recorded {
  readonly n: number
  readonly section: string
  readonly note: string
  readonly method: NonNullable<InjectOptions['method']>
  readonly path: string
  readonly headers: Record<string, string>
  readonly body: string | null
  readonly kind: 'same' | 'improved' | 'status'
  readonly status: number
  readonly json: Answer
  readonly success?: boolean
  readonly allowOrigin?: string
}

const recording = new URL('../../../test/golden/mozart-parity.json', import.meta.url)
const { cases } = JSON.parse(await readFile(recording, 'utf8')) as { cases: Recorded[] }

/** The recorded answers of a Mozart 3.1, in order, from an empty store. */
export async function recordedAnswers (t: Test, app: FastifyInstance): Promise<void> {
  t.equal(cases.length, 85)
  for (const recorded of cases) {
    const { method, path: url, headers, body } = recorded
    const answer = await app.inject({ method, url, headers, ...body === null ? {} : { payload: body } })
    const name = `${recorded.n} ${recorded.section} ${recorded.note} ${method} ${url}`
    t.equal(answer.statusCode, recorded.status, `${name}: ${answer.body}`)
    if (recorded.allowOrigin) t.equal(answer.headers['access-control-allow-origin'], recorded.allowOrigin, name)
    if (recorded.kind === 'same') sameJson(t, answer.json(), recorded.json, name)
    if (recorded.kind === 'improved') t.equal(answer.json().success, recorded.success, name)
  }
}

/** Equal, except that lists are sets and that our documents may hold more than the recorded ones. */
function sameJson (t: Test, ours: Answer, recorded: Answer, name: string): void {
  t.same(Object.keys(ours), Object.keys(recorded), `${name}: keys and their order`)
  const { result } = recorded
  if (Array.isArray(result)) {
    t.strictSame({ ...ours, result: [...ours.result as string[]].sort() }, { ...recorded, result: [...result].sort() }, name)
  } else if (typeof result === 'object' && result !== null) {
    for (const [key, value] of Object.entries(result)) {
      t.strictSame((ours.result as Record<string, unknown>)[key], value, `${name}: ${key}`)
    }
    t.strictSame({ ...ours, result }, recorded, name)
  } else {
    t.strictSame(ours, recorded, name)
  }
}
