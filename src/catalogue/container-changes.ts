import { ulid } from 'ulid'
import type { Deadline } from '../deadline.js'
import type { Architecture } from '../domain/architecture.js'
import { namedAuthor, SERVICE, type Author, type Operation } from '../domain/author.js'
import { ContainerDocument } from '../domain/container-document.js'
import { detachedDocument, mergedDocument, type ContainerMerge } from '../domain/container-merge.js'
import type { ContainerSet } from '../domain/container-sets.js'
import { droppedArchitectures, type Change, type Container } from '../domain/container.js'
import type { EntityTag } from '../domain/entity-tag.js'
import type { Precondition } from '../domain/precondition.js'
import { addedBuild, mergeStep, needsSets, setsBeforeRemoval, type PlainMerge, type SetMaking, type SetMerge } from '../domain/set-rules.js'
import { LeporelloError } from '../errors.js'
import type { DocumentIndex } from '../ports/document-index.js'
import type { Observer } from '../ports/observer.js'
import { Lanes } from './lanes.js'
import type { ChangeRecorder } from './made-change.js'
import type { Ownership } from './ownership.js'
import type { ContainerChange, Outcome, Told } from './pending-change.js'
import { Takeover } from './takeover.js'

export interface Changed {
  /** The document's JSON text as the change left it. */
  readonly document: string
  readonly tag: EntityTag
}

/** What became of a registration. */
export interface Registered extends Changed {
  /** The architectures that the registration before this one had besides. */
  readonly dropped: readonly Architecture[]
}

export interface Warning {
  readonly code: string
  readonly message: string
}

/** What became of a merge that is shown. */
export interface Merged extends Changed {
  /** `published`: with all of its set. */
  readonly outcome: 'created' | 'changed' | 'unchanged' | 'published'
  /** The architectures whose image was there already, so that its old url stays and the new one is named nowhere. */
  readonly kept: readonly Architecture[]
  readonly warnings: readonly Warning[]
}

/** What became of a merge that waits for the rest of its set. */
export interface Waiting {
  readonly outcome: 'waiting'
  readonly set: ContainerSet
  readonly kept: readonly Architecture[]
}

export interface ContainerChangesOptions {
  readonly index: DocumentIndex
  readonly requestTimeoutMs: number
  readonly takeoverMs: number
  /** Of a request that begins now. */
  readonly deadline: () => Deadline
  readonly now: () => Date
  /** Takes note of what was changed. */
  readonly recorder?: ChangeRecorder | undefined
  readonly observer?: Observer | undefined
}

/** All that changes a container and its sets, through its lane. */
export class ContainerChanges {
  readonly #options: ContainerChangesOptions
  readonly #lanes: Lanes
  readonly #takeover: Takeover

  constructor (options: ContainerChangesOptions) {
    this.#options = options
    this.#lanes = new Lanes(options)
    this.#takeover = new Takeover(options)
  }

  add (container: Container, by: Author | string, precondition: Precondition, build?: string): Promise<Registered> {
    const told = this.#told(by, 'add')
    const change = changeOf(told)
    let place: string | undefined
    return this.#send(container.id, told, build !== undefined, ({ document, sets, ownership }) => {
      const placed = build === undefined ? undefined : addedBuild(build, container.version, sets, making(change, ownership()), place)
      place = placed?.sets.at(-1)!.id
      const after = ContainerDocument.added(container, document, change, place === undefined ? undefined : { build, set: place })
      precondition.check(container.id, () => document?.tag)
      const result = { ...changed(after), dropped: droppedArchitectures(document?.json, container) }
      return { document: after, ...placed && { sets: placed }, result }
    })
  }

  merge (merge: PlainMerge, by: Author | string, precondition: Precondition): Promise<Merged>
  merge (merge: SetMerge | PlainMerge, by: Author | string, precondition: Precondition): Promise<Merged | Waiting>
  merge (sent: SetMerge | PlainMerge, by: Author | string, precondition: Precondition): Promise<Merged | Waiting> {
    const told = this.#told(by, 'merge')
    const change = changeOf(told)
    const merge: SetMerge = { expect: [], ...sent }
    const { id } = merge
    return this.#send<Merged | Waiting>(id, told, needsSets(merge), ({ document, sets, ownership }) => {
      if (!needsSets(merge)) return plainMerge(merge, document, change, precondition)
      const owned = ownership()
      const made = mergeStep(merge, { document, sets }, making(change, owned))
      if (made.step === 'delay') return this.#takeover.claim(id, sets) ?? { delayed: made.set }
      precondition.check(id, () => document?.tag)
      switch (made.step) {
        case 'register': {
          const result = mergeResult(merge, document, made.document)
          const warnings = [...result.warnings, ...droppedWarnings(document, made.document)]
          return { document: made.document, ...made.sets && { sets: made.sets }, result: { ...result, warnings } }
        }
        case 'wait': return { sets: made.sets, result: { outcome: 'waiting', set: made.set, kept: keptIn(made.set, merge) } }
        case 'publish': return {
          sets: made.sets,
          publication: { set: made.set, ownership: owned },
          result: after => ({ ...mergeResult(merge, document, after), outcome: 'published' })
        }
      }
    })
  }

  detach (id: string, architecture: Architecture, by: Author | string, precondition: Precondition): Promise<Changed> {
    const told = this.#told(by, 'detach')
    const change = changeOf(told)
    return this.#send(id, told, false, ({ document, afterUnknown }) => {
      if (document === undefined) throw new LeporelloError('CONTAINER_UNKNOWN', `container not found: ${id}`)
      // Gone after an attempt whose outcome we never learned: it was ours, or it makes no difference.
      const isGone = afterUnknown && document.urls.get(architecture) === undefined
      const after = isGone ? document : detachedDocument(architecture, document, id, change)
      precondition.check(id, () => document.tag)
      return { document: after, result: changed(after) }
    })
  }

  remove (id: string, by: Author | string, precondition: Precondition): Promise<boolean> {
    const told = this.#told(by, 'remove')
    const { at } = told
    return this.#send<boolean>(id, told, true, ({ document, sets, afterUnknown }) => {
      // Absent after an attempt of ours whose outcome we never learned: it was ours, or it makes no difference.
      if (document === undefined) return { result: afterUnknown }
      precondition.check(id, () => document.tag)
      const closed = setsBeforeRemoval(document, sets, at)
      return { document: undefined, ...closed && { sets: closed }, result: true }
    })
  }

  /**
   * Ends the set of that key that waits.
   *
   * @throws LeporelloError `SET_UNKNOWN` when none does, `SET_COMPLETE` when it is about to be published.
   */
  abandon (id: string, key: string, by: Author | string): Promise<ContainerSet> {
    const told = this.#told(by, 'abandon')
    const { at } = told
    let ended: ContainerSet | undefined
    return this.#send(id, told, true, ({ sets, afterUnknown }) => {
      // A plain add of the build makes a later entry and lets an open one be.
      const set = sets.open(key) ?? sets.latest(key)
      if (set?.state === 'complete') throw new LeporelloError('SET_COMPLETE', `all images of the set of ${id} are there, and it is being published`, { details: { id } })
      // Expired after an attempt whose outcome we never learned: it was ours, or it makes no difference.
      if (afterUnknown && set?.state === 'expired') return { sets, result: ended?.id === set.id ? ended : set }
      if (set?.state !== 'waiting') throw new LeporelloError('SET_UNKNOWN', `no such set of ${id} waits`, { details: { id } })
      ended = set
      return { sets: sets.close(set.id, 'expired', at), result: set }
    })
  }

  /** Publishes a complete set that its owner has left, and ends those that waited for longer than `expiryMs`. */
  async settle (id: string, expiryMs: number): Promise<void> {
    const told = this.#told(SERVICE, 'expire')
    const { at } = told
    const settled = this.#send<void>(id, told, true, ({ sets }) => {
      const overdue = sets.sets.filter(({ state, since }) => state === 'waiting' && at.getTime() - Date.parse(since) > expiryMs)
      const left = overdue.reduce((left, { id }) => left.close(id, 'expired', at), sets)
      const claim = this.#takeover.claim(id, left)
      if (claim !== undefined) return { ...claim, result: () => {} }
      return { ...overdue.length > 0 && { sets: left }, result: undefined }
    })
    await settled.catch(error => {
      // A set that came too late is settled as well.
      if (!(error instanceof LeporelloError && error.code === 'SUPERSEDED')) throw error
    })
  }

  /** Forgets in whose hands the sets of the other containers were seen. */
  keepSightings (ids: ReadonlySet<string>): void {
    this.#takeover.keepOnly(ids)
  }

  #told (by: Author | string, operation: Operation): Told {
    return { at: this.#options.now(), author: namedAuthor(by), operation }
  }

  #send<T> (id: string, told: Told, needsSets: boolean, judge: ContainerChange<T>['judge']): Promise<T> {
    return this.#lanes.change(id, { judge, needsSets, told }, this.#options.deadline())
  }
}

function changeOf ({ at, author }: Told): Change {
  return { at, by: author.name }
}

function plainMerge (
  merge: ContainerMerge, document: ContainerDocument | undefined, change: Change, precondition: Precondition
): Outcome<Merged> {
  const after = mergedDocument(merge, document, change)
  precondition.check(merge.id, () => document?.tag)
  return { document: after, result: mergeResult(merge, document, after) }
}

function making (change: Change, { owner }: Ownership): SetMaking {
  return { ...change, owner, newId: ulid() }
}

function changed (document: ContainerDocument): Changed {
  return { document: document.json, tag: document.tag }
}

function mergeResult ({ urls }: ContainerMerge, before: ContainerDocument | undefined, after: ContainerDocument): Merged {
  return {
    ...changed(after),
    outcome: before === undefined ? 'created' : before === after ? 'unchanged' : 'changed',
    kept: urls.architectures.filter(architecture => after.urls.get(architecture) !== urls.get(architecture)),
    warnings: versionWarnings(after)
  }
}

function keptIn ({ images }: ContainerSet, { urls }: ContainerMerge): Architecture[] {
  return urls.architectures.filter(name => images.find(({ architecture }) => architecture === name)?.url !== urls.get(name))
}

function versionWarnings (document: ContainerDocument): Warning[] {
  const versions = [...document.differingVersions].map(([architecture, version]) => `${architecture} ${version}`)
  if (versions.length === 0) return []
  return [{ code: 'VERSIONS_DIFFER', message: `the images are of different versions: ${versions.join(', ')}` }]
}

/** An image of a later build that is shown at once leaves nothing of the earlier build's. */
function droppedWarnings (before: ContainerDocument | undefined, { urls }: ContainerDocument): Warning[] {
  const dropped = before?.urls.architectures.filter(architecture => urls.get(architecture) === undefined) ?? []
  if (dropped.length === 0) return []
  return [{
    code: 'ARCHITECTURES_DROPPED',
    message: `the registration before this one had ${dropped.join(', ')} as well, which this build replaced; with expect a ` +
      'build replaces it when all of its images are there'
  }]
}
