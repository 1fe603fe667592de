import type { Catalogue } from '../../src/catalogue/catalogue.js'
import { LeporelloError } from '../../src/errors.js'
import type { DocumentIndex } from '../../src/ports/document-index.js'
import type { ImageStore } from '../../src/ports/image-store.js'
import type { Operation } from './operation.js'
import { perform, upload } from './requests.js'
import type { Call } from './rules.js'
import type { Answer } from './sequential-model.js'
import { TarballOnItsWay } from './tarball-on-its-way.js'

/** An instance of the service, and somebody who writes to its index behind its back. */
export interface Instance {
  readonly catalogue: Catalogue
  readonly index: DocumentIndex
  readonly images: ImageStore
  /** The uploads that are under way or whose outcome is not known, which no sweep may touch; all instances share it. */
  readonly young: Set<string>
  /** Whether it was killed: whatever it was about to answer is not known. */
  readonly isDead: () => boolean
}

/** A request as it was sent, and what was answered: nothing when the outcome was never learned. */
export interface Sent extends Call {
  readonly answer?: Answer
}

/** A client of the service that remembers the tag it saw last of each name. */
export class Client {
  readonly #seen = new Map<string, string>()

  /** The request as it will be sent. */
  call (operation: Operation): Call {
    const isConditional = 'demand' in operation && operation.demand === 'last seen'
    return { operation, ...isConditional && { tag: this.#seen.get(operation.name) } }
  }

  /** Rejects on what no request should meet. */
  async send (call: Call, instance: Instance): Promise<Sent> {
    const tarball = new TarballOnItsWay(instance)
    const answer = await this.#answer(call, instance, tarball)
    const { stored } = tarball
    if (answer !== undefined) tarball.arrive()
    return { ...call, ...stored && { stored }, ...answer && { answer } }
  }

  async #answer (call: Call, instance: Instance, tarball: TarballOnItsWay): Promise<Answer | undefined> {
    try {
      const answer = await (call.operation.kind === 'upload' ? upload(call.operation, call, tarball) : perform(call.operation, call, instance))
      if (answer.tag !== undefined) this.#seen.set(call.operation.name, answer.tag)
      return answer
    } catch (error) {
      if (instance.isDead()) return undefined
      if (!(error instanceof LeporelloError)) throw error
      if (error.code === 'OUTCOME_UNKNOWN') return undefined
      return { code: error.code }
    }
  }
}
