import type { Architecture } from '../domain/architecture.js'
import { authorOf, type Author } from '../domain/author.js'
import type { Caller, Resource } from '../domain/caller.js'
import type { Container } from '../domain/container.js'
import type { Precondition } from '../domain/precondition.js'
import type { Wanted } from '../domain/resolved-image.js'
import type { PlainMerge, SetMerge } from '../domain/set-rules.js'
import type { Spec } from '../domain/spec.js'
import type { LeporelloError } from '../errors.js'
import type { Catalogue } from './catalogue.js'
import type { Changed, Merged, Registered, Waiting } from './container-changes.js'
import type { ContainerReport } from './container-report.js'
import type { SearchPage, SearchRequest } from './container-search.js'
import type { HistoryPage, HistoryRequest } from './history-pages.js'
import type { ResolvedJob } from './job-resolution.js'
import type { PendingSet } from './pending-sets.js'
import type { Resolved } from './resolution.js'

/**
 * The catalogue as one caller meets it: every use case, on the names as they were parsed. What may not be done is
 * refused with `UNAUTHORIZED` or `FORBIDDEN`; lists hold what may be read.
 */
export class GuardedCatalogue {
  readonly #catalogue: Catalogue
  readonly #readable: Catalogue
  readonly #caller: Caller
  readonly #author: Author

  /** `readable` is the same catalogue over `readableBy` of the caller, where that makes a difference. */
  constructor (catalogue: Catalogue, readable: Catalogue, caller: Caller, requestId: string) {
    this.#catalogue = catalogue
    this.#readable = readable
    this.#caller = caller
    this.#author = authorOf(caller, requestId)
  }

  async register (container: Container, precondition: Precondition, build?: string): Promise<Registered> {
    this.#caller.check('write', 'container', container.id)
    return await this.#catalogue.register(container, this.#author, precondition, build)
  }

  async merge (merge: SetMerge | PlainMerge, precondition: Precondition): Promise<Merged | Waiting> {
    this.#caller.check('write', 'container', merge.id)
    return await this.#catalogue.merge(merge, this.#author, precondition)
  }

  async detach (id: string, architecture: Architecture, precondition: Precondition): Promise<Changed> {
    this.#caller.check('write', 'container', id)
    return await this.#catalogue.detach(id, architecture, this.#author, precondition)
  }

  async abandon (id: string, set: Parameters<Catalogue['abandon']>[1]): Promise<PendingSet> {
    this.#caller.check('write', 'container', id)
    return await this.#catalogue.abandon(id, set, this.#author)
  }

  async storeSpec (kind: 'job_spec' | 'hysds_io', spec: Spec): Promise<void> {
    this.#caller.check('write', kind, spec.id)
    await this.#catalogue.storeSpec(kind, spec, this.#author)
  }

  async remove (kind: Resource, id: string, precondition?: Precondition): Promise<boolean> {
    this.#caller.check('write', kind, id)
    return await this.#catalogue.remove(kind, id, precondition, this.#author)
  }

  async find (kind: Resource, id: string): Promise<string | undefined> {
    this.#caller.check('read', kind, id)
    return await this.#catalogue.find(kind, id)
  }

  async changesOf (kind: Resource, id: string, request: HistoryRequest): Promise<HistoryPage> {
    this.#caller.check('read', kind, id)
    return await this.#catalogue.changesOf(kind, id, request)
  }

  async resolve (id: string, wanted: Wanted): Promise<Resolved> {
    this.#caller.check('read', 'container', id)
    return await this.#catalogue.resolve(id, wanted)
  }

  async resolveAll (ids: readonly string[], wanted: Wanted): Promise<Array<Resolved | LeporelloError>> {
    this.#caller.checkRole('read')
    return await this.#readable.resolveAll(ids, wanted)
  }

  async resolveJob (id: string, wanted?: Wanted): Promise<ResolvedJob> {
    this.#caller.check('read', 'job_spec', id)
    return await this.#readable.resolveJob(id, wanted)
  }

  async search (request: SearchRequest): Promise<SearchPage> {
    this.#caller.checkRole('read')
    return await this.#readable.search(request)
  }

  async report (): Promise<ContainerReport> {
    this.#caller.checkRole('read')
    return await this.#readable.report()
  }

  async pending (id?: string): Promise<PendingSet[]> {
    if (id === undefined) this.#caller.checkRole('read')
    else this.#caller.check('read', 'container', id)
    return await this.#readable.pending(id)
  }

  /** @throws LeporelloError when nothing may be read at all. */
  ids (kind: Resource): AsyncGenerator<readonly string[]> {
    this.#caller.checkRole('read')
    return this.#readable.ids(kind)
  }
}
