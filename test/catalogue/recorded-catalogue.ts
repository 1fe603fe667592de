import { Catalogue } from '../../src/catalogue/catalogue.js'
import { History, type HistoryTrouble } from '../../src/catalogue/history.js'
import type { Resource } from '../../src/domain/caller.js'
import { parseBuildOfImages } from '../../src/domain/build.js'
import { parseContainerMerge } from '../../src/domain/container-merge.js'
import { parseContainer } from '../../src/domain/container.js'
import { LeporelloError } from '../../src/errors.js'
import type { ChangeLog } from '../../src/ports/change-log.js'
import type { DocumentIndex } from '../../src/ports/document-index.js'
import { NO_IMAGES } from '../no-images.js'
import { GatedIndex } from './gated-index.js'
import { changed } from './swept-catalogue.js'

export const NAME = 'container-hello:1'

/** A change as the API tells it. */
export interface Told {
  readonly at: string
  readonly by: string
  readonly account: string | null
  readonly request_id: string | null
  readonly operation: string
  readonly resource: string
  readonly build: string | null
  readonly etag_before: string | null
  readonly etag_after: string | null
  readonly left_out: boolean
  readonly before: Record<string, any> | null
  readonly after: Record<string, any> | null
}

/** A log that can be down, full of doubt, or of the opinion that it stores nothing. */
export class LogSwitch {
  /** What appending fails with, while it does. */
  failure: LeporelloError | undefined
  appended = 0

  over (log: ChangeLog): ChangeLog {
    return changed(log, {
      append: async (entry, deadline) => {
        if (this.failure !== undefined) throw this.failure
        this.appended++
        await log.append(entry, deadline)
      }
    })
  }
}

export const down = () => new LeporelloError('INDEX_UNAVAILABLE', 'the history is down')

/** One Leporello with a history, over an index that others may share. */
export class RecordedCatalogue {
  readonly catalogue: Catalogue
  readonly history: History
  readonly gates: GatedIndex
  readonly log = new LogSwitch()
  readonly troubles: HistoryTrouble[] = []

  constructor (index: DocumentIndex, { takeoverMs = 3_600_000, mostWaiting = 10_000, requestTimeoutMs = 5000 } = {}) {
    this.gates = new GatedIndex(index)
    this.history = new History({
      log: this.log.over(index.changes), requestTimeoutMs, mostWaiting, onTrouble: trouble => { this.troubles.push(trouble) }
    })
    this.catalogue = new Catalogue({ index: this.gates.index, images: NO_IMAGES, requestTimeoutMs, takeoverMs, history: this.history })
  }

  add (url: string, by = 'ops', build?: string) {
    const container = parseContainer({ name: NAME, version: '1', digest: 'd', url, urls: undefined })
    return this.catalogue.register(container, { name: by, account: 'user', requestId: requestOf(url) }, undefined, build)
  }

  merge (architecture: string, url: string, of: { readonly build?: string, readonly expect?: string } = {}, by = 'ci') {
    const merge = parseContainerMerge({ name: NAME, version: '1', digest: undefined, urls: undefined, architecture, url })
    return this.catalogue.merge({ ...merge, ...parseBuildOfImages(of.build, of.expect) }, { name: by, account: 'token', requestId: requestOf(url) })
  }

  remove (by = 'ops') {
    return this.catalogue.remove('container', NAME, undefined, { name: by })
  }

  /** All of a name, the oldest first. */
  async told (kind: Resource = 'container', name = NAME): Promise<Told[]> {
    const { changes, before } = await this.catalogue.changesOf(kind, name, { limit: 1000 })
    if (before !== null) throw new Error('there is more')
    return changes.map(({ json }) => JSON.parse(json) as Told).reverse()
  }

  /** Who did what, the oldest first. */
  async inShort (): Promise<string[]> {
    return (await this.told()).map(({ by, operation, build }) => `${by} ${operation}${build === null ? '' : ` ${build}`}`)
  }
}

function requestOf (url: string): string {
  return `request-${url.slice(url.lastIndexOf('/') + 1)}`
}

/** Where a change did not find what the change before it had left. */
export function gaps (told: readonly Told[]): number[] {
  const own = told.filter(({ resource }) => resource !== 'set')
  return own.flatMap(({ etag_before: before }, at) => before === (own[at - 1]?.etag_after ?? null) ? [] : [at])
}
