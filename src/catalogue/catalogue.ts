import type { Architecture } from '../domain/architecture.js'
import { addedDocument, droppedArchitectures, type Container } from '../domain/container.js'
import type { Spec } from '../domain/spec.js'
import { Deadline } from '../deadline.js'
import type { BackendHealth } from '../ports/backend-health.js'
import type { DocumentIndex, DocumentKind } from '../ports/document-index.js'
import type { ImageStore } from '../ports/image-store.js'
import { reclaimTarballs } from './reclaim.js'
import { UploadRecords } from './upload-records.js'
import { changeDocument, type Decision, type Present } from './change.js'

export interface CatalogueOptions {
  readonly index: DocumentIndex
  readonly images: ImageStore
  /** How long one request may work on the index, in milliseconds. */
  readonly requestTimeoutMs: number
  readonly now?: () => Date
}

/** What became of a registration. */
export interface Registered {
  /** The document's JSON text as it is stored now. */
  readonly document: string
  /** The architectures that the registration before this one had besides. */
  readonly dropped: readonly Architecture[]
}

/** The use cases: what one can ask of the catalogue, without HTTP and without knowing where documents are kept. */
export class Catalogue {
  readonly #index: DocumentIndex
  readonly #images: ImageStore
  /** What uploads have stored. */
  readonly records: UploadRecords
  readonly #requestTimeoutMs: number
  readonly #now: () => Date

  constructor ({ index, images, requestTimeoutMs, now = () => new Date() }: CatalogueOptions) {
    this.#index = index
    this.#images = images
    this.records = new UploadRecords({ index, images, requestTimeoutMs })
    this.#requestTimeoutMs = requestTimeoutMs
    this.#now = now
  }

  /**
   * Registers a container; one of the same id is replaced whole, as Mozart does. Durable when it resolves. A tarball of
   * ours that it names is kept from the sweep; one that is gone is refused with `TARBALL_GONE`.
   */
  async register (container: Container, by: string): Promise<Registered> {
    await reclaimTarballs({ index: this.#index, images: this.#images, records: this.records, deadline: this.#deadline() }, container)
    return await this.registerStored(container, by)
  }

  /** Registers a container whose tarballs are new, as `register` does. */
  async registerStored (container: Container, by: string): Promise<Registered> {
    const change = { at: this.#now(), by }
    return await this.#change('container', container.id, ({ current }) => {
      const document = addedDocument(container, current?.json, change)
      return { write: document, result: { document, dropped: droppedArchitectures(current?.json, container) } }
    })
  }

  /** Stores a job or hysds_io specification under its id, replacing the one there is. Durable when it resolves. */
  async storeSpec (kind: 'job_spec' | 'hysds_io', spec: Spec): Promise<void> {
    await this.#change(kind, spec.id, () => ({ write: spec.json, result: undefined }))
  }

  /** The document's JSON text as it is stored, by whomever; undefined when there is none. */
  async find (kind: DocumentKind, id: string): Promise<string | undefined> {
    return (await this.#index.get(kind, id, this.#deadline()))?.json
  }

  /** Resolves to whether there was such a document; it is gone for good then. */
  async remove (kind: DocumentKind, id: string): Promise<boolean> {
    return await this.#change(kind, id, ({ current, afterUnknown }) =>
      // Absent after an attempt of ours whose outcome we never learned: it was ours, or it makes no difference.
      current === undefined ? { result: afterUnknown } : { remove: true, result: true })
  }

  /** All ids of a kind, sorted by their UTF-8 bytes, in pages; every write acknowledged before the call shows. */
  async * ids (kind: DocumentKind): AsyncGenerator<readonly string[]> {
    const deadline = this.#deadline()
    await this.#index.refresh(kind, deadline)
    yield * this.#index.ids(kind, { deadline })
  }

  /** How each backend is; never rejects. */
  async health (): Promise<Record<'index' | 'store', BackendHealth>> {
    const [index, store] = await Promise.all([this.#index.health(this.#deadline()), this.#images.health(this.#deadline())])
    return { index, store }
  }

  async close (): Promise<void> {
    await this.#images.close()
    await this.#index.close()
  }

  #change<T> (kind: DocumentKind, id: string, decide: (present: Present) => Decision<T>): Promise<T> {
    return changeDocument({ index: this.#index, kind, id, deadline: this.#deadline() }, decide)
  }

  #deadline (): Deadline {
    return Deadline.in(this.#requestTimeoutMs)
  }
}
