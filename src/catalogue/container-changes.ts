import type { Deadline } from '../deadline.js'
import type { Architecture } from '../domain/architecture.js'
import { ContainerDocument } from '../domain/container-document.js'
import { detachedDocument, mergedDocument, type ContainerMerge } from '../domain/container-merge.js'
import { droppedArchitectures, type Container } from '../domain/container.js'
import type { EntityTag } from '../domain/entity-tag.js'
import type { Precondition } from '../domain/precondition.js'
import { LeporelloError } from '../errors.js'
import type { DocumentIndex } from '../ports/document-index.js'
import { Lanes } from './lanes.js'
import type { Outcome } from './pending-change.js'

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

/** What became of a merge. */
export interface Merged extends Changed {
  readonly outcome: 'created' | 'changed' | 'unchanged'
  /** The architectures whose image was there already, so that its old url stays and the new one is named nowhere. */
  readonly kept: readonly Architecture[]
  readonly warnings: readonly Warning[]
}

export interface ContainerChangesOptions {
  readonly index: DocumentIndex
  readonly deadline: () => Deadline
  readonly now: () => Date
}

/** All that changes a container, through its lane. */
export class ContainerChanges {
  readonly #lanes: Lanes
  readonly #deadline: () => Deadline
  readonly #now: () => Date

  constructor ({ index, deadline, now }: ContainerChangesOptions) {
    this.#lanes = new Lanes(index)
    this.#deadline = deadline
    this.#now = now
  }

  add (container: Container, by: string, precondition: Precondition): Promise<Registered> {
    const change = { at: this.#now(), by }
    return this.#lanes.change(container.id, ({ document }) => {
      const after = ContainerDocument.added(container, document, change)
      precondition.check(container.id, () => document?.tag)
      return { document: after, result: { ...changed(after), dropped: droppedArchitectures(document?.json, container) } }
    }, this.#deadline())
  }

  merge (merge: ContainerMerge, by: string, precondition: Precondition): Promise<Merged> {
    const change = { at: this.#now(), by }
    return this.#lanes.change(merge.id, ({ document }) => {
      const after = mergedDocument(merge, document, change)
      precondition.check(merge.id, () => document?.tag)
      return { document: after, result: mergeResult(merge, document, after) }
    }, this.#deadline())
  }

  detach (id: string, architecture: Architecture, by: string, precondition: Precondition): Promise<Changed> {
    const change = { at: this.#now(), by }
    return this.#lanes.change(id, ({ document, afterUnknown }): Outcome<Changed> => {
      if (document === undefined) throw new LeporelloError('CONTAINER_UNKNOWN', `container not found: ${id}`)
      // Gone after an attempt whose outcome we never learned: it was ours, or it makes no difference.
      const isGone = afterUnknown && document.urls.get(architecture) === undefined
      const after = isGone ? document : detachedDocument(architecture, document, id, change)
      precondition.check(id, () => document.tag)
      return { document: after, result: changed(after) }
    }, this.#deadline())
  }

  remove (id: string, precondition: Precondition): Promise<boolean> {
    return this.#lanes.change<boolean>(id, ({ document, afterUnknown }) => {
      // Absent after an attempt of ours whose outcome we never learned: it was ours, or it makes no difference.
      if (document === undefined) return { document, result: afterUnknown }
      precondition.check(id, () => document.tag)
      return { document: undefined, result: true }
    }, this.#deadline())
  }
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

function versionWarnings (document: ContainerDocument): Warning[] {
  const versions = [...document.differingVersions].map(([architecture, version]) => `${architecture} ${version}`)
  if (versions.length === 0) return []
  return [{ code: 'VERSIONS_DIFFER', message: `the images are of different versions: ${versions.join(', ')}` }]
}
