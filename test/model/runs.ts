import fc from 'fast-check'
import { Deadline } from '../../src/deadline.js'
import { Client, contentOf, type Instance, type Sent } from './client.js'
import { isLinearizable, type Event } from './history.js'
import { NAMES, operations, type Operation } from './operation.js'
import { step, type State } from './sequential-model.js'
import { checkStored } from './tarball-on-its-way.js'

const CLIENTS = 6
const CALLS_A_CLIENT = 4

/** How long a property may take for a run, most of it to find the shortest one that fails where chance plays a part. */
const LONGEST_MS_A_RUN = 600

export interface RunOptions {
  /** So many instances of the service over one empty catalogue; it may hold what earlier runs left under other names. */
  readonly instances: readonly Instance[]
  readonly runs: number
  readonly seed?: number
  readonly foreign?: boolean
  readonly mayRepeat?: boolean
}

/** Requests one after the other, through instances at random: every answer and document is the model's. Throws with the shortest run. */
export async function sequentialRuns ({ instances, runs, seed, foreign = true }: RunOptions): Promise<void> {
  const request = fc.tuple(operations(foreign), fc.nat(instances.length - 1))
  await fc.assert(fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 40 }), async program => {
    await clear(instances)
    const client = new Client()
    const states = new Map<string, State>(NAMES.map(name => [name, null]))
    for (const [operation, at] of program) {
      const call = client.call(operation)
      const { answer, ...sent } = await client.send(call, instances[at]!)
      const state = step(states.get(operation.name)!, sent, answer)
      if (answer === undefined || state === undefined) throw new Error(`not the model's answer: ${print(sent)} -> ${print(answer)}`)
      states.set(operation.name, state)
    }
  }), parameters(runs, seed))
}

/** Several clients at once: there is an order that explains every answer. Throws with the shortest run. */
export async function concurrentRuns (options: RunOptions): Promise<void> {
  const { runs, seed, foreign = true } = options
  const program = fc.array(fc.array(operations(foreign), { minLength: 1, maxLength: CALLS_A_CLIENT }), { minLength: 2, maxLength: CLIENTS })
  await fc.assert(fc.asyncProperty(program, program => explained(program, options)), parameters(runs, seed))
}

function parameters (runs: number, seed: number | undefined): fc.Parameters<unknown> {
  return { numRuns: runs, interruptAfterTimeLimit: runs * LONGEST_MS_A_RUN, ...seed !== undefined && { seed } }
}

async function explained (program: readonly Operation[][], { instances, mayRepeat }: RunOptions): Promise<void> {
  await clear(instances)
  let clock = 0
  const events: Event[] = []
  await Promise.all(program.map(async (calls, at) => {
    const client = new Client()
    for (const operation of calls) {
      const call = client.call(operation)
      const start = clock++
      const sent = await client.send(call, instances[at % instances.length]!)
      if (!isRefusedForNow(sent)) events.push({ ...sent, start, end: clock++ })
    }
  }))
  for (const name of NAMES) {
    const own = events.filter(({ operation }) => operation.name === name)
    const final = await instances[0]!.catalogue.find('container', name)
    const content = final === undefined ? null : contentOf(final)
    if (content !== null) await checkStored(content, instances[0]!)
    if (!isLinearizable(own, content, mayRepeat)) {
      throw new Error(`no order explains these and ${final}:\n${own.sort((a, b) => a.start - b.start).map(print).join('\n')}`)
    }
  }
}

/** Certain to have had no effect. */
function isRefusedForNow ({ answer }: Sent): boolean {
  return answer?.code === 'NOT_APPLIED' || answer?.code === 'INDEX_UNAVAILABLE'
}

async function clear ([first]: readonly Instance[]): Promise<void> {
  for (const name of NAMES) {
    for (;;) {
      const current = await first!.index.get('container', name, Deadline.in(30_000))
      if (current === undefined || (await first!.index.remove('container', name, current.version, Deadline.in(30_000))).outcome === 'written') break
    }
  }
}

function print (value: unknown): string {
  return JSON.stringify(value)
}
