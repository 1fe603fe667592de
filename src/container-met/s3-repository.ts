import { Readable } from 'node:stream'
import {
  AbortMultipartUploadCommand, DeleteObjectCommand, HeadObjectCommand, type CompleteMultipartUploadCommandOutput, type S3Client
} from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'
import { withoutUserinfo } from '../domain/userinfo.js'
import { Failure } from './failure.js'
import { parseLocation, type S3Location } from './location.js'
import { lockOf, lockWarning, type PutOptions, type Repository, type Stored } from './repository.js'
import { connectS3, type S3Options } from './s3-client.js'
import { s3Failure, statusOf } from './s3-failure.js'
import { contentOf, type Tarball } from './tarball.js'

const PART_BYTES = 16 * 1024 * 1024
const MOST_PARTS = 9_000
const PARTS_AT_ONCE = 4

export class S3Repository implements Repository {
  readonly #client: S3Client

  private constructor (client: S3Client) {
    this.#client = client
  }

  static async open (location: S3Location, options: S3Options): Promise<S3Repository> {
    return new S3Repository(await connectS3(location, options))
  }

  async put (tarball: Tarball, url: string, options: PutOptions): Promise<Stored> {
    const { Bucket, Key } = addressOf(url)
    try {
      const before = await this.#lookFor({ Bucket, Key }, options)
      await this.#warnOfLock(url, options)
      const etag = await this.#upload(tarball, { Bucket, Key }, options)
      return { url, before, remove: async () => { await this.#removeThat({ Bucket, Key }, etag) } }
    } catch (error) {
      if (error instanceof Failure || options.signal.aborted) throw error
      throw s3Failure(error, `${tarball.path} could not be stored as ${withoutUserinfo(url)}`, Bucket)
    }
  }

  close (): void {
    this.#client.destroy()
  }

  /** Without the right to list the bucket, AWS does not tell that nothing is there. */
  async #lookFor (address: Address, { signal }: PutOptions): Promise<Stored['before']> {
    try {
      await this.#client.send(new HeadObjectCommand(address), { abortSignal: signal })
      return 'a tarball'
    } catch (error) {
      if (statusOf(error) === undefined) throw error
      return statusOf(error) === 404 ? 'nothing' : 'unknown'
    }
  }

  async #warnOfLock (url: string, { warn, signal }: PutOptions): Promise<void> {
    try {
      await this.#client.send(new HeadObjectCommand(addressOf(lockOf(url))), { abortSignal: signal })
    } catch {
      return
    }
    warn(lockWarning(url))
  }

  async #upload (tarball: Tarball, address: Address, { onBytes, signal }: PutOptions): Promise<string | undefined> {
    const body = Readable.from(contentOf(tarball), { objectMode: false })
    const upload = new Upload({
      client: this.#client,
      params: { ...address, Body: body },
      partSize: Math.max(PART_BYTES, Math.ceil(tarball.size / MOST_PARTS)),
      queueSize: PARTS_AT_ONCE,
      // Its own abort is one attempt, which fails when the network does.
      leavePartsOnError: true
    })
    let stored = 0
    upload.on('httpUploadProgress', ({ loaded = stored }) => {
      onBytes(loaded - stored)
      stored = loaded
    })
    const stop = (): void => { upload.abort().catch(() => {}) }
    signal.addEventListener('abort', stop)
    try {
      signal.throwIfAborted()
      const { ETag } = await upload.done() as CompleteMultipartUploadCommandOutput
      return ETag
    } catch (error) {
      if (upload.uploadId !== undefined) await this.#discard(address, upload.uploadId)
      throw error
    } finally {
      signal.removeEventListener('abort', stop)
      body.destroy()
    }
  }

  /** Parts that stay are paid for and seen by nobody. */
  async #discard (address: Address, UploadId: string): Promise<void> {
    await this.#client.send(new AbortMultipartUploadCommand({ ...address, UploadId })).catch(() => {})
  }

  async #removeThat (address: Address, etag: string | undefined): Promise<void> {
    const { ETag } = await this.#client.send(new HeadObjectCommand(address)).catch(error => {
      if (statusOf(error) === 404) return { ETag: undefined }
      throw error
    })
    if (ETag !== undefined && ETag === etag) await this.#client.send(new DeleteObjectCommand(address))
  }
}

interface Address {
  readonly Bucket: string
  readonly Key: string
}

function addressOf (url: string): Address {
  const location = parseLocation(url)
  if (location.kind !== 's3') throw new TypeError(`not in S3: ${url}`)
  return { Bucket: location.bucket, Key: location.key }
}
