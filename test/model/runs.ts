import fc from 'fast-check'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { Client, type Instance, type Sent } from './client.js'
import { storedUnder } from './documents.js'
import { isLinearizable, isStored, MOST_EVENTS, type Event } from './history.js'
import { checkNames, checkStore, failed, finish, forget } from './invariants.js'
import type { Death } from './mortal.js'
import { NAMES, operations, type Operation } from './operation.js'
import { documentAnswer } from './requests.js'
import { step, type Answer } from './sequential-model.js'
import type { Site } from './site.js'
import { NOTHING, type State } from './state.js'
import { Sweeper } from './sweeper.js'
import { checkStored } from './tarball-on-its-way.js'

const CLIENTS = 6
const CALLS_A_CLIENT = 4

const REFUSED_FOR_NOW = ['NOT_APPLIED', 'INDEX_UNAVAILABLE', 'STORE_UNAVAILABLE']

/** How long a property may take for a run, most of it to find the shortest one that fails where chance plays a part. */
const LONGEST_MS_A_RUN = 600

export interface RunOptions {
  readonly site: Site
  /** The instances of a run; some die in it. */
  readonly instances: (deaths: ReadonlyArray<Death | undefined>) => Promise<readonly Instance[]> | readonly Instance[]
  readonly runs: number
  readonly seed?: number
  readonly foreign?: boolean
  /** Whether images belong to builds and sets; sweeps and a reader then accompany every run. */
  readonly sets?: boolean
  /** Whether instances die. */
  readonly deadly?: boolean
  readonly mayRepeat?: boolean
  /** Whether to throw with the first run that fails instead of looking for the shortest. */
  readonly endsAtFirst?: boolean
}

const death: fc.Arbitrary<Death> = fc.record({ write: fc.nat(9), lands: fc.constantFrom('never', 'at once', 'late') })

let runs = 0

/** Requests one after the other, through instances at random: every answer and document is the model's. Throws with the shortest run. */
export async function sequentialRuns (options: RunOptions): Promise<void> {
  const { site, foreign = true, sets = false } = options
  const request = fc.tuple(operations({ foreign, sets }), fc.nat())
  await fc.assert(fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 40 }), async program => {
    const names = namesOfRun()
    const instances = await options.instances([])
    const [client, heir] = [new Client(), site.heir()]
    const sweeper = new Sweeper({ ...site, records: heir.records })
    const states = new Map<string, State>([...names.values()].map(name => [name, NOTHING]))
    for (const [operation, at] of program) {
      const call = client.call({ ...operation, name: names.get(operation.name)! })
      const sent = await client.send(call, instances[at % instances.length]!)
      for (const { answer, ...call } of forEachName(sent, [...names.values()])) {
        const { name } = call.operation
        const state = answer && step(states.get(name)!, call, answer)
        if (state === undefined) throw new Error(`not the model's answer: ${print(call)} -> ${print(answer)} in ${print(states.get(name))}`)
        states.set(name, state)
      }
      if (sets && at % 8 === 0) await heir.settleSets(Infinity, failed)
      if (sets && at % 8 === 1) await sweeper.sweep()
    }
    if (sets) await checkStore(site)
    for (const name of names.values()) {
      const final = await storedUnder(name, site.index)
      if (!isStored(states.get(name)!, final)) throw new Error(`not the model's ${print(states.get(name))}: ${print(final)}`)
    }
    await forget(site, [...names.values()])
  }), parameters(options))
}

/** Several clients at once: there is an order that explains every answer. Throws with the shortest run. */
export async function concurrentRuns (options: RunOptions): Promise<void> {
  const { foreign = true, sets = false, deadly = false } = options
  const clients = fc.array(fc.array(operations({ foreign, sets }).map(withoutDemandOfSets), { minLength: 1, maxLength: CALLS_A_CLIENT }), { minLength: 2, maxLength: CLIENTS })
  // One of them lives.
  const deaths = deadly ? fc.array(fc.option(death, { nil: undefined }), { minLength: 2, maxLength: 2 }) : fc.constant([])
  await fc.assert(fc.asyncProperty(clients, deaths, (program, deaths) => explained(program, deaths, options)), parameters(options))
}

/** What is demanded of the registration is no condition on a write to the sets: it may hold no longer by then. */
function withoutDemandOfSets (operation: Operation): Operation {
  const mayJoin = (operation.kind === 'merge' || operation.kind === 'upload') && (operation.build ?? operation.expect) !== undefined
  return mayJoin ? { ...operation, demand: 'nothing' } : operation
}

function parameters ({ runs, seed, endsAtFirst = false }: RunOptions): fc.Parameters<unknown> {
  return { numRuns: runs, endOnFailure: endsAtFirst, interruptAfterTimeLimit: runs * LONGEST_MS_A_RUN, ...seed !== undefined && { seed } }
}

/** Names of its own: what an earlier run left on its way changes nothing in this one. */
function namesOfRun (): ReadonlyMap<string, string> {
  const run = ++runs
  return new Map(NAMES.map(name => [name, `${name}-${run}`]))
}

async function explained (program: readonly Operation[][], deaths: ReadonlyArray<Death | undefined>, options: RunOptions): Promise<void> {
  const { site, sets = false, mayRepeat } = options
  const run = new Run(namesOfRun(), await options.instances(deaths))
  const events = await run.events(program, sets ? site : undefined)
  if (sets) await finish(site, run.names)
  for (const name of run.names) {
    const own = events.filter(({ operation }) => operation.name === name)
    const final = await storedUnder(name, site.index)
    await checkStored(final.content?.images ?? {}, { images: site.images, records: site.heir().records })
    if (!isLinearizable(own, final, mayRepeat)) throw new Error(`no order explains these and ${print(final)}:\n${printed(own)}`)
    checkNames(own, final)
  }
  if (sets) await checkStore(site)
  await forget(site, run.names)
}

/** Clients, and with sets a reader and a sweeper beside them. */
class Run {
  readonly names: readonly string[]
  readonly #names: ReadonlyMap<string, string>
  readonly #instances: readonly Instance[]
  readonly #events: Event[] = []
  #clock = 0

  constructor (names: ReadonlyMap<string, string>, instances: readonly Instance[]) {
    this.names = [...names.values()]
    this.#names = names
    this.#instances = instances
  }

  /** Of all requests; with a site also what somebody saw who looked all the time. */
  async events (program: readonly Operation[][], site: Site | undefined): Promise<readonly Event[]> {
    let isOver = false
    const clients = Promise.all(program.map((calls, at) => this.#send(calls, at))).finally(() => { isOver = true })
    const company = site === undefined
      ? []
      : [this.#look(site, () => isOver), new Sweeper({ ...site, records: site.heir().records }).sweepUntil(() => isOver)]
    await Promise.all([clients, ...company])
    return this.#events
  }

  /** A client whose instance was killed goes on with another one. */
  async #send (calls: readonly Operation[], at: number): Promise<void> {
    const client = new Client()
    for (const operation of calls) {
      const call = client.call({ ...operation, name: this.#names.get(operation.name)! })
      const alive = this.#instances.filter(({ isDead }) => !isDead())
      const start = this.#clock++
      const sent = await client.send(call, alive[at % alive.length]!)
      const end = this.#clock++
      this.#events.push(...forEachName(sent, this.names).filter(sent => !isRefusedForNow(sent)).map(sent => ({ ...sent, start, end })))
    }
  }

  /** As much as can be explained afterwards. */
  async #look (site: Site, isOver: () => boolean): Promise<void> {
    const seen = new Map<string, string | undefined>()
    const [catalogue, sizes] = [site.heir(), new Map(this.names.map(name => [name, 0]))]
    while (!isOver()) {
      for (const name of this.names) {
        const start = this.#clock++
        const answer = documentAnswer(await catalogue.find('container', name))
        const end = this.#clock++
        if (seen.has(name) && seen.get(name) === answer.tag) continue
        seen.set(name, answer.tag)
        sizes.set(name, sizes.get(name)! + 1)
        if (sizes.get(name)! <= MOST_EVENTS - CLIENTS * CALLS_A_CLIENT) this.#events.push({ operation: { kind: 'info', name }, start, end, answer })
      }
      await nextTurn()
    }
  }
}

/** What was for all names is as many requests. */
function forEachName (sent: Sent, names: readonly string[]): Sent[] {
  const { operation, answer } = sent
  if (operation.kind !== 'expire') return [sent]
  return names.map(name => {
    const { answer: _, ...call } = { ...sent, operation: { ...operation, name } }
    if (answer?.code !== 'done') return call
    const code = answer.failed!.has(name) ? answer.failed!.get(name) : 'done'
    return code === undefined || code === 'OUTCOME_UNKNOWN' ? call : { ...call, answer: { code } satisfies Answer }
  })
}

/** Certain to have had no effect. */
function isRefusedForNow ({ answer }: Sent): boolean {
  return answer !== undefined && REFUSED_FOR_NOW.includes(answer.code)
}

function printed (events: readonly Event[]): string {
  return events.toSorted((a, b) => a.start - b.start).map(print).join('\n')
}

function print (value: unknown): string {
  return JSON.stringify(value)
}
