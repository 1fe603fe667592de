import type { Readable } from 'node:stream'
import { DeleteObjectCommand, GetObjectCommand, HeadObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import type { Deadline } from '../../deadline.js'
import type { ByteRange } from '../../domain/byte-range.js'
import { checkObjectKey } from '../../domain/object-key.js'
import type { BackendHealth } from '../../ports/backend-health.js'
import type {
  BufferUse, ImageStore, ListedObject, ObjectFacts, PutOptions, ReadObject, UnfinishedPut
} from '../../ports/image-store.js'
import { Aborts, abortUpload } from './aborts.js'
import { unlessAbsent } from './absence.js'
import { S3Clients, type S3ConnectionOptions } from './clients.js'
import { clockOf } from './clock.js'
import { createOnce } from './create-once.js'
import { Downloads } from './downloads.js'
import { objectsOf, uploadsOf, type Place } from './listing.js'
import { locator, type LocationOptions } from './location.js'
import { encodeMetadata } from './metadata.js'
import { PartBudget, partSizeFor } from './part-budget.js'
import { headOf, read } from './reading.js'
import { storeError } from './store-error.js'
import { StoreFailure, Upload } from './upload.js'

const GIB = 1024 ** 3

export interface S3ImageStoreOptions extends S3ConnectionOptions, LocationOptions {
  readonly bucket: string
  /** What all keys start with in the bucket, ending in a slash; empty by default. */
  readonly prefix?: string
  /** The size of the largest tarball, which decides how large the parts must be; 50 GiB by default. */
  readonly largestBytes?: number
  /** How much memory the parts of all uploads may take together; 256 MiB by default. */
  readonly partBufferBytes?: number
  /** How many large objects may be read at once; 1,024 by default. */
  readonly downloadsAtOnce?: number
  /** Where clients reach a custom endpoint: presigned urls start with it. Without it there are none. */
  readonly publicEndpoint?: string | undefined
}

/** Keeps every object in a bucket of AWS S3 or of a compatible server. */
export class S3ImageStore implements ImageStore {
  readonly #clients: S3Clients
  /** Signs for the address that clients use, and never connects. */
  readonly #signer: S3Clients | undefined
  readonly #place: Place
  readonly #budget: PartBudget
  readonly #aborts: Aborts
  readonly #downloads: Downloads
  readonly #locate: (key: string) => string

  constructor (options: S3ImageStoreOptions) {
    const { bucket, prefix = '', endpoint, publicEndpoint, region } = options
    const { largestBytes = 50 * GIB, partBufferBytes = GIB / 4, downloadsAtOnce = 1024 } = options
    this.#place = { bucket, prefix }
    this.#locate = locator(options, { bucket, prefix, region, endpoint })
    this.#clients = new S3Clients(options)
    if (publicEndpoint !== undefined) this.#signer = new S3Clients({ ...options, endpoint: publicEndpoint })
    else if (endpoint === undefined) this.#signer = this.#clients
    this.#budget = new PartBudget(partBufferBytes, partSizeFor(largestBytes))
    this.#aborts = new Aborts(this.#clients.fast)
    this.#downloads = new Downloads(downloadsAtOnce)
  }

  get buffers (): BufferUse {
    return this.#budget.use
  }

  async put (key: string, body: Readable, options: PutOptions = {}): Promise<{ readonly size: number }> {
    const { contentType = 'application/octet-stream', metadata, onBytes } = options
    const means = { clients: this.#clients, budget: this.#budget, aborts: this.#aborts }
    const facts = { ContentType: contentType, Metadata: encodeMetadata(metadata) }
    try {
      return { size: await new Upload(means, { ...this.#object(key), ...facts }, body, onBytes).done() }
    } catch (error) {
      body.destroy()
      throw error instanceof StoreFailure ? this.#failure(error.cause) : error
    }
  }

  async createOnce (key: string, bytes: Uint8Array): Promise<boolean> {
    return await this.#guard(createOnce(this.#clients.patient, this.#object(key), bytes))
  }

  async get (key: string, range?: ByteRange): Promise<ReadObject | undefined> {
    checkObjectKey(key)
    const object = await this.#guard(read(this.#clients.reading, this.#place, key, range))
    return object && this.#downloads.admit(object)
  }

  async head (key: string): Promise<ObjectFacts | undefined> {
    checkObjectKey(key)
    return await this.#guard(headOf(this.#clients.patient, this.#place, key))
  }

  async remove (key: string): Promise<void> {
    await this.#guard(unlessAbsent(this.#clients.patient.send(new DeleteObjectCommand(this.#object(key)))))
  }

  async * list (prefix: string, after?: string): AsyncGenerator<readonly ListedObject[]> {
    yield * this.#guardPages(objectsOf(this.#clients.patient, this.#place, prefix, after))
  }

  async * unfinished (startedBefore: Date): AsyncGenerator<readonly UnfinishedPut[]> {
    yield * this.#guardPages(uploadsOf(this.#clients.patient, this.#place, startedBefore))
  }

  async abandon ({ id, key }: UnfinishedPut): Promise<void> {
    await this.#guard(abortUpload(this.#clients.patient, this.#object(key), id))
  }

  async now (): Promise<Date> {
    return await this.#guard(clockOf(this.#clients.patient, this.#place.bucket))
  }

  async presign (method: 'GET' | 'HEAD', key: string, seconds: number): Promise<string | undefined> {
    if (this.#signer === undefined) return undefined
    const object = this.#object(key)
    const command = method === 'GET' ? new GetObjectCommand(object) : new HeadObjectCommand(object)
    return await this.#guard(getSignedUrl(this.#signer.patient, command, { expiresIn: seconds }))
  }

  location (key: string): string {
    checkObjectKey(key)
    return this.#locate(key)
  }

  async health (deadline: Deadline): Promise<BackendHealth> {
    try {
      const command = new ListObjectsV2Command({ Bucket: this.#place.bucket, Prefix: this.#place.prefix, MaxKeys: 1 })
      const abortSignal = AbortSignal.timeout(Math.max(0, Math.ceil(deadline.remaining)))
      await this.#guard(this.#clients.fast.send(command, { abortSignal }))
      return { kind: 's3', state: 'up' }
    } catch (error) {
      return { kind: 's3', state: 'down', reason: error instanceof Error ? error.message : String(error) }
    }
  }

  async close (): Promise<void> {
    this.#aborts.close()
    this.#clients.close()
    this.#signer?.close()
  }

  #object (key: string): { Bucket: string, Key: string } {
    checkObjectKey(key)
    return { Bucket: this.#place.bucket, Key: this.#place.prefix + key }
  }

  #failure (error: unknown): unknown {
    return storeError(error, `s3://${this.#place.bucket}/${this.#place.prefix}`)
  }

  async #guard<Answer> (answer: Promise<Answer>): Promise<Answer> {
    try {
      return await answer
    } catch (error) {
      throw this.#failure(error)
    }
  }

  async * #guardPages<Page> (pages: AsyncIterable<Page>): AsyncGenerator<Page> {
    try {
      yield * pages
    } catch (error) {
      throw this.#failure(error)
    }
  }
}
