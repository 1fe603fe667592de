import { setImmediate as nextTurn } from 'node:timers/promises'
import { ABSENT, type DocumentIndex, type WriteOutcome } from '../../src/ports/document-index.js'
import type { ImageStore } from '../../src/ports/image-store.js'
import type { LateWrites } from './index-faults.js'

/** At which of its writes an instance dies, and what becomes of that one. */
export interface Death {
  readonly write: number
  readonly lands: 'never' | 'at once' | 'late'
}

export interface Means {
  readonly index: DocumentIndex
  readonly images: ImageStore
  readonly late: LateWrites
  /** Kills the process that has the index, if that is one of its own. */
  readonly kill?: (() => void) | undefined
}

/** What an instance works with, until it dies: from then on nothing that it does has an effect, and nobody is answered. */
export class Mortal {
  readonly index: DocumentIndex
  readonly images: ImageStore
  readonly #late: LateWrites
  readonly #death: Death | undefined
  readonly #kill: (() => void) | undefined
  #writes = 0
  #isDead = false

  constructor ({ index, images, late, kill }: Means, death?: Death) {
    this.#late = late
    this.#death = death
    this.#kill = kill
    this.images = this.#living(images)
    this.index = this.#living(index, {
      put: (kind, id, json, expected, deadline) =>
        this.#write(() => index.put(kind, id, json, expected, deadline), expected !== ABSENT),
      remove: (kind, id, expected, deadline) => this.#write(() => index.remove(kind, id, expected, deadline), true)
    })
  }

  get isDead (): boolean {
    return this.#isDead
  }

  /** A late creation is left out, as by `unreliable`. What lands late in a process of its own may be cut off. */
  async #write (write: () => Promise<WriteOutcome>, mayBeLate: boolean): Promise<WriteOutcome> {
    if (this.#writes++ !== this.#death?.write) return await write()
    const { lands } = this.#death
    this.#isDead = true
    if (lands === 'at once') await write()
    if (lands === 'late' && this.#kill !== undefined) {
      write().catch(() => {})
      await nextTurn()
    } else if (lands === 'late' && mayBeLate) {
      this.#late.send(write, 5)
    }
    this.#kill?.()
    throw new Died()
  }

  #living<Backend extends object> (backend: Backend, methods: Partial<Backend> = {}): Backend {
    return new Proxy(backend, {
      get: (target, name) => {
        const value: unknown = Reflect.get(methods, name) ?? Reflect.get(target, name)
        if (typeof value !== 'function' || name === 'location') return typeof value === 'function' ? value.bind(target) : value
        return (...args: unknown[]) => {
          this.#check()
          const result: unknown = Reflect.apply(value, target, args)
          return result instanceof Promise ? this.#answer(result) : result
        }
      }
    })
  }

  async #answer (result: Promise<unknown>): Promise<unknown> {
    try {
      return await result
    } finally {
      this.#check()
    }
  }

  #check (): void {
    if (this.#isDead) throw new Died()
  }
}

class Died extends Error {
  constructor () {
    super('the instance was killed')
  }
}
