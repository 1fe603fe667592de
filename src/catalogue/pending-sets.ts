import { Deadline } from '../deadline.js'
import type { Architecture } from '../domain/architecture.js'
import { ContainerSets, isOpen, missingFrom, type ContainerSet } from '../domain/container-sets.js'
import type { DocumentIndex, StoredDocument } from '../ports/document-index.js'
import type { ContainerChanges } from './container-changes.js'

/** A set whose images are not shown yet. */
export interface PendingSet {
  readonly id: string
  readonly build: string | null
  readonly version: string
  /** `complete`: it is about to be shown. */
  readonly state: 'waiting' | 'complete'
  readonly expect: readonly Architecture[]
  readonly missing: readonly Architecture[]
  readonly images: ReadonlyArray<{ readonly architecture: Architecture, readonly url: string, readonly by: string, readonly at: string }>
  /** When the last image joined. */
  readonly since: string
}

/** How much waits, as it was found. */
export interface WaitingSets {
  readonly count: number
  /** When the last image of the one that waits longest came; absent where none waits. */
  readonly oldest?: Date
}

export interface PendingSetsOptions {
  readonly index: DocumentIndex
  readonly containers: ContainerChanges
  readonly requestTimeoutMs: number
}

/** The sets that wait, of all containers. */
export class PendingSets {
  readonly #options: PendingSetsOptions

  constructor (options: PendingSetsOptions) {
    this.#options = options
  }

  /** Those of one container. */
  async of (id: string, deadline: Deadline): Promise<PendingSet[]> {
    const document = await this.#options.index.get('sets', id, deadline)
    return document === undefined ? [] : pendingIn(document)
  }

  /** Those of all, in the order of the containers' ids; every one that was acknowledged before the call. */
  async all (deadline: Deadline): Promise<PendingSet[]> {
    const pending: PendingSet[] = []
    for await (const document of this.#open(deadline)) pending.push(...pendingIn(document))
    return pending
  }

  /**
   * B5 and B6, for all containers: to be called from time to time. Complete sets whose owners died are published, and
   * sets that waited for longer than `expiryMs` end. `failed` is told what could not be done, which is tried
   * again next time. Resolves to what waited before that.
   */
  async settle (expiryMs: number, failed: (id: string, error: unknown) => void): Promise<WaitingSets> {
    const { containers, requestTimeoutMs } = this.#options
    const open = new Set<string>()
    const times: number[] = []
    for await (const document of this.#open(Deadline.in(requestTimeoutMs))) {
      const { id } = document
      open.add(id)
      times.push(...pendingIn(document).map(({ since }) => Date.parse(since)))
      await containers.settle(id, expiryMs).catch(error => { failed(id, error) })
    }
    containers.keepSightings(open)
    return { count: times.length, ...times.length > 0 && { oldest: new Date(Math.min(...times)) } }
  }

  async * #open (deadline: Deadline): AsyncGenerator<StoredDocument> {
    const { index } = this.#options
    await index.refresh('sets', deadline)
    for await (const page of index.documents('sets', { deadline, openOnly: true })) yield * page
  }
}

/** A set as it is shown to those who ask what waits. */
export function pendingSet (container: string, set: ContainerSet): PendingSet {
  const { build = null, version, state, expect, images, since } = set
  return {
    id: container,
    build,
    version,
    state: state as PendingSet['state'],
    expect,
    missing: missingFrom(set),
    images: images.map(({ architecture, url, by, at }) => ({ architecture, url, by, at })),
    since
  }
}

function pendingIn ({ id, json }: StoredDocument): PendingSet[] {
  return ContainerSets.parse(id, json).sets.filter(isOpen).map(set => pendingSet(id, set))
}
