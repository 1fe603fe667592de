import { setTimeout } from 'node:timers/promises'
import type { Random } from '../random.js'
import { disturb, FAULTS, type Fault } from './faults.js'
import type { Instance } from './instance.js'
import { ALL_PHASES, type Side } from './phases.js'
import type { Work } from './work.js'

interface Plan {
  readonly side: Side
  readonly phase: string
  readonly fault: Fault
}

/** For so long a phase is waited for; then another one comes first. */
const PATIENCE_MS = 3000

const MOST_STARTS = 20

/** Of the faults that are put on at any moment, and not in a phase. */
const AT_RANDOM = 0.3

/** Puts faults on the ways, takes them off, and kills whatever runs. */
export class Disturber {
  readonly #work: Work
  readonly #random: Random
  #plans: Plan[]

  constructor (work: Work, random: Random) {
    this.#work = work
    this.#random = random
    this.#plans = ALL_PHASES.flatMap(({ side, phase }) => (Object.keys(FAULTS) as Fault[]).map(fault => ({ side, phase, fault })))
      .map(plan => ({ plan, at: random.next() })).sort((a, b) => a.at - b.at).map(({ plan }) => plan)
  }

  /** The faults in phases that did not come about yet. */
  get left (): readonly string[] {
    return this.#plans.map(({ phase, fault }) => `${fault} at ${phase}`)
  }

  /** One fault after the other, until the work is over: each kind in each phase once, then again in any. */
  async makeFaults (): Promise<void> {
    while (!this.#work.isOver) {
      if (this.#random.next() < AT_RANDOM) await this.#anywhere()
      else await this.#inPhase(this.#plans.shift() ?? this.#anyPlan())
      await setTimeout(this.#random.below(300)) // a while without a fault
    }
  }

  /** Kills instances so often, in the midst of something or at any moment, evenly over so many milliseconds. */
  async kill (times: number, milliseconds: number): Promise<void> {
    const began = this.#work.figures.now()
    const others: Array<Promise<void>> = []
    for (let n = 0; n < times; n++) {
      const due = began + milliseconds * (n + this.#random.next()) / times
      await setTimeout(Math.max(0, due - this.#work.figures.now()))
      await this.#killOne()
      if (n % 10 === 7) await this.#endOne()
      // While the next ones are killed.
      if (n % 5 === 2) others.push(this.#freezeOne())
      if (n % 40 === 4) others.push(this.#restartStore())
      if (n % 40 === 6) others.push(this.#restartEngine())
    }
    await Promise.all(others)
    await setTimeout(Math.max(0, began + milliseconds - this.#work.figures.now()))
  }

  async #killOne (): Promise<void> {
    const before = this.#random.next() < 0.5
    let killing: Promise<void> | undefined
    const phase = this.#random.pick(ALL_PHASES)
    const kill = (instance: Instance) => {
      killing = instance.stop('SIGKILL')
      // The request never leaves, or leaves at the same moment.
      return before ? killing : undefined
    }
    const met = this.#random.next() < 0.8 ? await this.#work.site.watch.meet(phase, PATIENCE_MS / 2, kill) : undefined
    const instance = met ?? this.#anyInstance()
    if (met === undefined) killing = instance.stop('SIGKILL')
    await killing
    this.#work.figures.count('instances killed', met === undefined ? 'at any moment' : phase.phase)
    await setTimeout(this.#random.below(1000)) // whoever starts it again needs a while
    await again(() => instance.start())
  }

  async #freezeOne (): Promise<void> {
    const instance = this.#anyInstance()
    instance.pause()
    await setTimeout(this.#random.below(3000)) // frozen
    instance.resume()
    this.#work.figures.count('instances disturbed otherwise', 'frozen')
  }

  async #endOne (): Promise<void> {
    const instance = this.#anyInstance()
    await instance.stop('SIGTERM')
    this.#work.figures.count('instances disturbed otherwise', 'ended by SIGTERM')
    await again(() => instance.start())
  }

  async #restartStore (): Promise<void> {
    const { store } = this.#work.site
    await store.kill()
    await setTimeout(this.#random.below(2000)) // down
    await again(() => store.start())
    this.#work.figures.count('backends killed', 'store')
  }

  async #restartEngine (): Promise<void> {
    const { engine } = this.#work.site
    await engine.kill()
    await again(() => engine.start())
    this.#work.figures.count('backends killed', 'index')
  }

  async #anywhere (): Promise<void> {
    const fault = this.#random.pick(Object.keys(FAULTS) as Fault[])
    const instance = this.#random.pick(this.#work.site.instances)
    const way = this.#random.pick(['index', 'store', 'front', 'front'] as const)
    await this.#hold(await disturb(instance.proxies[way], fault, this.#random), fault)
    this.#work.figures.count('faults', `${fault} at any moment on the way ${way === 'front' ? 'from the clients' : `to the ${way}`}`)
  }

  async #inPhase (plan: Plan): Promise<void> {
    let end: (() => Promise<void>) | undefined
    const met = await this.#work.site.watch.meet(plan, PATIENCE_MS, async instance => {
      end = await disturb(instance.proxies[plan.side], plan.fault, this.#random)
    })
    if (met === undefined) this.#plans.push(plan)
    if (end === undefined) return
    await this.#hold(end, plan.fault)
    this.#work.figures.count('faults', plan.fault)
    this.#work.figures.count('faults in phases', plan.phase)
  }

  async #hold (end: () => Promise<void>, fault: Fault): Promise<void> {
    await setTimeout(FAULTS[fault] * (0.3 + 0.7 * this.#random.next())) // for so long it lasts
    await end()
  }

  #anyPlan (): Plan {
    return { ...this.#random.pick(ALL_PHASES), fault: this.#random.pick(Object.keys(FAULTS) as Fault[]) }
  }

  #anyInstance (): Instance {
    return this.#random.pick(this.#work.site.instances)
  }
}

/** While something is down its port may be an outgoing connection's for a moment. */
async function again (start: () => Promise<void>): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      return await start()
    } catch (error) {
      if (tries === MOST_STARTS) throw error
      await setTimeout(200) // until it is free
    }
  }
}
