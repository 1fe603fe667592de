import { randomUUID } from 'node:crypto'
import { isUploadId, placeInUrl, type TarballPlace } from '../domain/tarball-key.js'
import { serviceUrl } from '../domain/tarball-url.js'
import { Deadline } from '../deadline.js'
import { LeporelloError } from '../errors.js'
import type { DocumentIndex } from '../ports/document-index.js'
import type { ImageStore } from '../ports/image-store.js'
import { changeDocument } from './change.js'

/** One tarball of an upload, as it is stored. */
export interface TarballRecord {
  readonly key: string
  /** Hexadecimal. */
  readonly sha256: string
  readonly size: number
}

export interface FoundTarball extends TarballRecord {
  /** The container's name that it was uploaded for. */
  readonly container: string
}

/** What an upload has stored. There is one from before its registration until the sweep removed its last object. */
export interface UploadRecord {
  /** Of the container. */
  readonly name: string
  readonly tarballs: readonly TarballRecord[]
}

export interface UploadRecordsOptions {
  readonly index: DocumentIndex
  readonly images: ImageStore
  readonly requestTimeoutMs: number
}

/** Says in the store whose objects lie there, by the catalogue's id. */
const OWNER_KEY = '.leporello'

/** The document of kind `meta` that holds the catalogue's id. */
export const CATALOGUE = 'catalogue'

export const UPLOAD_PREFIX = 'upload:'

/** Which objects of the store are this catalogue's: they are served, and swept, by these records alone. */
export class UploadRecords {
  readonly #index: DocumentIndex
  readonly #images: ImageStore
  readonly #requestTimeoutMs: number
  #owner: Promise<string> | undefined

  constructor ({ index, images, requestTimeoutMs }: UploadRecordsOptions) {
    this.#index = index
    this.#images = images
    this.#requestTimeoutMs = requestTimeoutMs
  }

  /**
   * The catalogue's id, which every object carries. The first call makes it, and takes the store's place for this
   * catalogue. Rejects with `STORE_REFUSED` when the place is another catalogue's.
   */
  owner (): Promise<string> {
    this.#owner ??= this.#takePlace().catch(error => {
      this.#owner = undefined
      throw error
    })
    return this.#owner
  }

  /** The id if there is one; a catalogue without has never stored anything. */
  async knownOwner (): Promise<string | undefined> {
    const document = await this.#index.get('meta', CATALOGUE, this.#deadline())
    return document && (JSON.parse(document.json) as { id: string }).id
  }

  /** The id that the store's place is marked with. */
  async markOfPlace (): Promise<string | undefined> {
    const object = await this.#images.get(OWNER_KEY)
    if (object === undefined) return undefined
    return Buffer.concat(await object.body.toArray() as Buffer[]).toString()
  }

  async write (ulid: string, record: UploadRecord): Promise<void> {
    const id = UPLOAD_PREFIX + ulid
    await changeDocument({ index: this.#index, kind: 'meta', id, deadline: this.#deadline() }, () =>
      ({ write: JSON.stringify(record), result: undefined }))
  }

  async find ({ ulid, file }: TarballPlace): Promise<FoundTarball | undefined> {
    // Of anybody's making, and of any length.
    const document = isUploadId(ulid) ? await this.#index.get('meta', UPLOAD_PREFIX + ulid, this.#deadline()) : undefined
    if (document === undefined) return undefined
    const { name, tarballs } = JSON.parse(document.json) as UploadRecord
    const found = tarballs.find(({ key }) => key.endsWith(`/${ulid}/${file}`))
    return found && { ...found, container: name }
  }

  /** Where this service, at that address, hands out the tarball that a registered url names; null when it is none of ours. */
  async downloadOf (url: string, publicUrl: string | undefined): Promise<string | null> {
    const place = placeInUrl(url)
    if (place === undefined || publicUrl === undefined) return null
    const record = await this.find(place)
    return record === undefined ? null : serviceUrl(publicUrl, record.key)
  }

  async remove (ulid: string): Promise<void> {
    const id = UPLOAD_PREFIX + ulid
    await changeDocument({ index: this.#index, kind: 'meta', id, deadline: this.#deadline() }, ({ current }) =>
      current === undefined ? { result: undefined } : { remove: true, result: undefined })
  }

  async #takePlace (): Promise<string> {
    const id = await this.#catalogueId()
    // First, for there are servers that do not heed the condition, and locked objects that may not even be written in vain.
    let mark = await this.markOfPlace()
    if (mark === undefined && await this.#images.createOnce(OWNER_KEY, Buffer.from(id))) return id
    mark ??= await this.markOfPlace()
    if (mark === id) return id
    throw new LeporelloError('STORE_REFUSED', 'The store\'s place for tarballs belongs to another catalogue ' +
      `(${mark ?? 'unknown'}, and this one is ${id}): give this one a folder or prefix of its own in LEPORELLO_STORE, or ` +
      'import that catalogue before the first upload.')
  }

  async #catalogueId (): Promise<string> {
    const proposed = randomUUID()
    const target = { index: this.#index, kind: 'meta', id: CATALOGUE, deadline: this.#deadline() } as const
    return await changeDocument(target, ({ current }) => current === undefined
      ? { write: JSON.stringify({ id: proposed }), result: proposed }
      : { write: current.json, result: (JSON.parse(current.json) as { id: string }).id })
  }

  #deadline (): Deadline {
    return Deadline.in(this.#requestTimeoutMs)
  }
}
