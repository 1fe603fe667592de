import type { Figures } from './figures.js'
import type { Instance } from './instance.js'
import { phaseOf, type Side } from './phases.js'

interface Trap {
  readonly side: Side
  readonly phase: string
  readonly spring: (instance: Instance) => Promise<void> | undefined
}

/** Sees every request of the instances go by, and does something when one of the wanted phase is about to pass. */
export class Watch {
  readonly #figures: Figures
  #traps: Trap[] = []

  constructor (figures: Figures) {
    this.#figures = figures
  }

  /** Of the bytes that an instance sends; they wait for what this resolves to. */
  sees (instance: Instance, side: Side, bytes: Buffer): Promise<void> | undefined {
    const phase = phaseOf(side, bytes)
    if (phase === undefined) return undefined
    this.#figures.count(`requests to the ${side}`, phase)
    const trap = this.#traps.find(each => each.side === side && each.phase === phase)
    if (trap === undefined || !instance.isRunning) return undefined
    this.#traps = this.#traps.filter(each => each !== trap)
    return trap.spring(instance)
  }

  /**
   * Does `act` as soon as a request of that phase is about to pass, before it does; resolves to the instance that sent
   * it, or to undefined when none has for so many milliseconds.
   */
  async meet (
    { side, phase }: { readonly side: Side, readonly phase: string }, patienceMs: number,
    act: (instance: Instance) => Promise<void> | undefined
  ): Promise<Instance | undefined> {
    return await new Promise(resolve => {
      const patience = setTimeout(() => {
        this.#traps = this.#traps.filter(each => each !== trap)
        resolve(undefined)
      }, patienceMs)
      const trap: Trap = {
        side,
        phase,
        spring: instance => {
          clearTimeout(patience)
          const acted = act(instance)
          if (acted === undefined) resolve(instance)
          else acted.finally(() => { resolve(instance) })
          return acted
        }
      }
      this.#traps.push(trap)
    })
  }
}
