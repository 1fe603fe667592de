import type { Readable } from 'node:stream'
import type { ByteRange } from '../domain/byte-range.js'
import type { Caller } from '../domain/caller.js'
import type { TarballPlace } from '../domain/tarball-key.js'
import { LeporelloError } from '../errors.js'
import type { ImageStore, ObjectFacts } from '../ports/image-store.js'
import type { FoundTarball, TarballRecord, UploadRecords } from './upload-records.js'

/** How long a redirect to the store is good for. */
const PRESIGNED_SECONDS = 15 * 60

/** Hands out tarballs that were uploaded through this service, and nothing else that may lie in the store. */
export class Tarballs {
  readonly #images: ImageStore
  readonly #records: UploadRecords

  constructor ({ images, records }: { readonly images: ImageStore, readonly records: UploadRecords }) {
    this.#images = images
    this.#records = records
  }

  /** What is known of a tarball; `TARBALL_UNKNOWN` when no upload stored it, or the sweep has removed it. */
  async find (place: TarballPlace, caller: Caller): Promise<FoundTarball> {
    const record = await this.#records.find(place)
    if (record === undefined) throw unknown(place)
    caller.check('read', 'container', record.container)
    return record
  }

  /** A url by which the store itself serves it; undefined where this service has to. */
  async redirect (method: 'GET' | 'HEAD', { key }: TarballRecord): Promise<string | undefined> {
    return await this.#images.presign(method, key, PRESIGNED_SECONDS)
  }

  /** Its bytes, or a range of them. */
  async read (place: TarballPlace, record: TarballRecord, range?: ByteRange): Promise<Readable> {
    const object = await this.#images.get(record.key, range).catch(error => { throw isPastEnd(error) ? damaged(place) : error })
    try {
      refuseDamaged(place, record, object)
      return object!.body
    } catch (error) {
      object?.body.destroy()
      throw error
    }
  }

  /** `TARBALL_UNKNOWN` when the store does not have it any more, or has another file in its place. */
  async check (place: TarballPlace, record: TarballRecord): Promise<undefined> {
    refuseDamaged(place, record, await this.#images.head(record.key))
  }
}

/** What is announced is the recorded size: fewer bytes would leave a reader waiting, and more would be its next answer. */
function refuseDamaged (place: TarballPlace, { size }: TarballRecord, found: ObjectFacts | undefined): void {
  if (found === undefined) throw unknown(place)
  if (found.size !== size) throw damaged(place)
}

/** Ranges that are asked for are of the recorded size. */
function isPastEnd (error: unknown): boolean {
  return error instanceof LeporelloError && error.code === 'RANGE_NOT_SATISFIABLE'
}

function unknown ({ ulid, file }: TarballPlace): LeporelloError {
  return new LeporelloError('TARBALL_UNKNOWN', `no tarball ${ulid}/${file} is stored here`)
}

function damaged ({ ulid, file }: TarballPlace): LeporelloError {
  return new LeporelloError('TARBALL_UNKNOWN', `the tarball ${ulid}/${file} is not stored here any more, but a file of another size is`)
}
