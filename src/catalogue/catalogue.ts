import type { Architecture } from '../domain/architecture.js'
import { namedAuthor, type Author, type Operation } from '../domain/author.js'
import type { Resource } from '../domain/caller.js'
import type { Container } from '../domain/container.js'
import { setKey } from '../domain/container-sets.js'
import { Precondition } from '../domain/precondition.js'
import type { PlainMerge, SetMerge } from '../domain/set-rules.js'
import { leastTakeoverMs } from '../domain/set-times.js'
import type { Spec } from '../domain/spec.js'
import { Deadline } from '../deadline.js'
import type { BackendHealth } from '../ports/backend-health.js'
import type { DocumentIndex, DocumentKind } from '../ports/document-index.js'
import type { ImageStore } from '../ports/image-store.js'
import type { Observer } from '../ports/observer.js'
import type { Wanted } from '../domain/resolved-image.js'
import type { LeporelloError } from '../errors.js'
import { reportOn, type ContainerReport } from './container-report.js'
import { searchContainers, type SearchPage, type SearchRequest } from './container-search.js'
import type { History } from './history.js'
import { historyPage, type HistoryPage, type HistoryRequest } from './history-pages.js'
import { JobResolution, type ResolvedJob } from './job-resolution.js'
import { PendingSets, pendingSet, type PendingSet, type WaitingSets } from './pending-sets.js'
import { Resolution, type Resolved } from './resolution.js'
import { reclaimTarballs, tarballsNamedBy, tarballsNamedIn, type NamedTarball } from './reclaim.js'
import { UploadRecords } from './upload-records.js'
import { changeDocument, type Decision, type Present, type WrittenChange } from './change.js'
import { ContainerChanges, type Changed, type Merged, type Registered, type Waiting } from './container-changes.js'

export interface CatalogueOptions {
  readonly index: DocumentIndex
  readonly images: ImageStore
  /** How long one request may work on the index, in milliseconds. */
  readonly requestTimeoutMs: number
  /** See `leastTakeoverMs`, which it is when absent. */
  readonly takeoverMs?: number
  readonly now?: () => Date
  /** This service's own address, if it has one: what it stores can be downloaded from there. */
  readonly publicUrl?: () => string | undefined
  /** Takes note of what is changed; it is closed with the catalogue. */
  readonly history?: History | undefined
  readonly observer?: Observer
}

/** How long a reader of the history waits for what is on its way there. */
const SETTLING_MS = 1000

/** Whoever asks whether the service is well gives up soon after. */
const HEALTH_MS = 5000
const DAY_MS = 24 * 3_600_000

/** Where nobody was asked who they are. */
const NOBODY = 'anonymous'

/** The use cases: what one can ask of the catalogue, without HTTP and without knowing where documents are kept. */
export class Catalogue {
  /** What uploads have stored. */
  readonly records: UploadRecords
  /** What was changed and is not told yet, where it is told at all. */
  readonly history: History | undefined
  readonly #now: () => Date
  readonly #index: DocumentIndex
  readonly #store: ImageStore
  readonly #requestTimeoutMs: number
  readonly #containers: ContainerChanges
  readonly #sets: PendingSets
  readonly #images: Resolution
  readonly #jobs: JobResolution

  constructor ({
    index, images, requestTimeoutMs, takeoverMs = leastTakeoverMs(requestTimeoutMs), now = () => new Date(), publicUrl = () => undefined, history, observer
  }: CatalogueOptions) {
    this.#index = index
    this.history = history
    this.#now = now
    this.#store = images
    this.records = new UploadRecords({ index, images, requestTimeoutMs })
    this.#requestTimeoutMs = requestTimeoutMs
    this.#containers = new ContainerChanges({ index, requestTimeoutMs, takeoverMs, deadline: () => this.#deadline(), now, recorder: history, observer })
    this.#sets = new PendingSets({ index, containers: this.#containers, requestTimeoutMs })
    this.#images = new Resolution({ index, download: url => this.records.downloadOf(url, publicUrl()) })
    this.#jobs = new JobResolution({ index, images: this.#images })
  }

  /**
   * Registers a container; one of the same id is replaced whole, as Mozart does. Durable when it resolves. A tarball of
   * ours that it names is kept from the sweep; one that is not stored is refused with `TARBALL_GONE`. With a `build`
   * this is that build from now on, later than all that were seen before.
   */
  async register (container: Container, by: Author | string, precondition = Precondition.none, build?: string): Promise<Registered> {
    const named = tarballsNamedBy(container)
    if (named.length > 0) await this.#reclaim(named)
    return await this.#containers.add(container, by, precondition, build)
  }

  /**
   * Registers images of some architectures beside those that the container has, making it if there is none. In any
   * order, at the same time, from any number of processes: none of them is lost. Durable when it resolves. Tarballs of
   * ours are kept from the sweep as by `register`.
   *
   * With a build, images of two builds never stand side by side: the first image of a later build takes the place of
   * the earlier one's, whose late images are refused with `SUPERSEDED`. With what is expected, nothing of it is shown
   * before all of it is there: until then it waits.
   */
  async merge (merge: PlainMerge, by: Author | string, precondition?: Precondition): Promise<Merged>
  async merge (merge: SetMerge | PlainMerge, by: Author | string, precondition?: Precondition): Promise<Merged | Waiting>
  async merge (merge: SetMerge | PlainMerge, by: Author | string, precondition = Precondition.none): Promise<Merged | Waiting> {
    const named = tarballsNamedBy({ url: null, urls: merge.urls })
    if (named.length > 0) await this.#reclaim(named)
    return await this.#containers.merge(merge, by, precondition)
  }

  /** Takes one architecture away, but not the last one. */
  async detach (id: string, architecture: Architecture, by: Author | string, precondition = Precondition.none): Promise<Changed> {
    return await this.#containers.detach(id, architecture, by, precondition)
  }

  /** The sets that wait to be shown: of one container, or of all. */
  async pending (id?: string): Promise<PendingSet[]> {
    return id === undefined ? await this.#sets.all(this.#deadline()) : await this.#sets.of(id, this.#deadline())
  }

  /** Ends the set of a build that waits, or without a build that of a version; its images are shown to nobody. */
  async abandon (
    id: string, set: { readonly build: string } | { readonly version: string }, by: Author | string = NOBODY
  ): Promise<PendingSet> {
    const key = 'build' in set ? setKey(set.build, '') : setKey(undefined, set.version)
    return pendingSet(id, await this.#containers.abandon(id, key, by))
  }

  /** Finishes what others left of sets, and ends those that nobody completes; see `PendingSets.settle`. */
  async settleSets (expiryMs: number, failed: (id: string, error: unknown) => void): Promise<WaitingSets> {
    return await this.#sets.settle(expiryMs, failed)
  }

  /**
   * Stores a job or hysds_io specification under its id, replacing the one there is. Durable when it resolves. Tarballs
   * of ours that it names are kept from the sweep, or refused, as by `register`.
   */
  async storeSpec (kind: 'job_spec' | 'hysds_io', spec: Spec, by: Author | string = NOBODY): Promise<void> {
    const named = tarballsNamedIn(spec.json)
    if (named.length > 0) await this.#reclaim(named)
    await this.#change(kind, spec.id, 'add', by, () => ({ write: spec.json, result: undefined }))
  }

  /** The document's JSON text as it is stored, by whomever; undefined when there is none. */
  async find (kind: DocumentKind, id: string): Promise<string | undefined> {
    return (await this.#index.get(kind, id, this.#deadline()))?.json
  }

  /** The image that a machine of that architecture loads: that one's or none. */
  async resolve (id: string, wanted: Wanted): Promise<Resolved> {
    return await this.#images.resolve(id, wanted, this.#deadline())
  }

  /** Each id's image, or the refusal that `resolve` would meet. */
  async resolveAll (ids: readonly string[], wanted: Wanted): Promise<Array<Resolved | LeporelloError>> {
    return await this.#images.resolveAll(ids, wanted, this.#deadline())
  }

  /** What a job specification needs to run; with an architecture, the one image each that such a machine loads. */
  async resolveJob (id: string, wanted?: Wanted): Promise<ResolvedJob> {
    return await this.#jobs.resolve(id, wanted, this.#deadline())
  }

  /** A page of the containers that fit, in the order of their ids; every write acknowledged before the call shows. */
  async search (request: SearchRequest): Promise<SearchPage> {
    return await searchContainers(this.#index, request, () => this.#deadline())
  }

  /** What the site has, lacks and should mend; every write acknowledged before the call shows. */
  async report (): Promise<ContainerReport> {
    return await reportOn(this.#index, this.#deadline())
  }

  /** Resolves to whether there was such a document; it is gone for good then. */
  async remove (kind: Resource, id: string, precondition = Precondition.none, by: Author | string = NOBODY): Promise<boolean> {
    if (kind === 'container') return await this.#containers.remove(id, by, precondition)
    return await this.#change(kind, id, 'remove', by, ({ current, afterUnknown }) =>
      // Absent after an attempt of ours whose outcome we never learned: it was ours, or it makes no difference.
      current === undefined ? { result: afterUnknown } : { remove: true, result: true })
  }

  /** All ids of a kind, sorted by their UTF-8 bytes, in pages; every write acknowledged before the call shows. */
  async * ids (kind: DocumentKind): AsyncGenerator<readonly string[]> {
    const deadline = this.#deadline()
    await this.#index.refresh(kind, deadline)
    yield * this.#index.ids(kind, { deadline })
  }

  /**
   * What was changed of one name, the newest first, also when there is nothing of that name any more. What this process
   * has changed by now is in it, unless it cannot be told at the moment.
   */
  async changesOf (kind: Resource, id: string, request: HistoryRequest): Promise<HistoryPage> {
    await this.history?.settled(Deadline.in(Math.min(SETTLING_MS, this.#requestTimeoutMs)))
    return await historyPage(this.#index.changes, kind, id, request, this.#deadline())
  }

  /** Forgets old changes, and all but the newest of a name. */
  async trimHistory (limits: { readonly days: number, readonly entries: number }, signal?: AbortSignal): Promise<number> {
    const oldest = new Date(this.#now().getTime() - limits.days * DAY_MS)
    return await this.#index.changes.trim({ oldest, perName: limits.entries }, signal)
  }

  /** How each backend is, after five seconds at the latest; never rejects. */
  async health (): Promise<Record<'index' | 'store', BackendHealth>> {
    const deadline = Deadline.in(Math.min(HEALTH_MS, this.#requestTimeoutMs))
    const [index, store] = await Promise.all([this.#index.health(deadline), this.#store.health(deadline)])
    return { index, store }
  }

  async close (): Promise<void> {
    await this.history?.close()
    await this.#store.close()
    await this.#index.close()
  }

  async #reclaim (named: readonly NamedTarball[]): Promise<void> {
    const { records } = this
    await reclaimTarballs({ index: this.#index, images: this.#store, records, deadline: this.#deadline() }, named)
  }

  #change<T> (
    kind: 'job_spec' | 'hysds_io', id: string, operation: Operation, by: Author | string, decide: (present: Present) => Decision<T>
  ): Promise<T> {
    const told = { kind, name: id, at: this.#now(), author: namedAuthor(by), operation }
    const onWritten = (written: WrittenChange) => { this.history?.record({ ...told, ...written }) }
    return changeDocument({ index: this.#index, kind, id, deadline: this.#deadline(), onWritten }, decide)
  }

  #deadline (): Deadline {
    return Deadline.in(this.#requestTimeoutMs)
  }
}
