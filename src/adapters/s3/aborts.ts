import { AbortMultipartUploadCommand, ListMultipartUploadsCommand, type S3Client } from '@aws-sdk/client-s3'

const FIRST_PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 60_000

/** About six minutes. What is not aborted by then is found by a sweep. */
const ATTEMPTS = 12

interface S3Object {
  readonly Bucket: string
  readonly Key: string
}

/** Resolves when there is no such upload, whether or not there was. */
export async function abortUpload (client: S3Client, { Bucket, Key }: S3Object, uploadId: string): Promise<void> {
  try {
    await client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId: uploadId }))
  } catch (error) {
    if (!(error instanceof Error && error.name === 'NoSuchUpload')) throw error
  }
}

/** A key is put once, so all of its uploads are the one's whose id was lost with an answer, perhaps several times. */
async function abortUploadsOf (client: S3Client, { Bucket, Key }: S3Object): Promise<void> {
  const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket, Prefix: Key }))
  for (const upload of Uploads) {
    if (upload.Key === Key && upload.UploadId !== undefined) await abortUpload(client, { Bucket, Key }, upload.UploadId)
  }
}

/** Aborts multipart uploads, in the background where the store does not answer at once. */
export class Aborts {
  readonly #client: S3Client
  readonly #timers = new Set<NodeJS.Timeout>()

  constructor (client: S3Client) {
    this.#client = client
  }

  /**
   * Resolves after the first attempt. Where an answer with an id may have been lost, every upload of the key goes; the one
   * whose id is known does so by itself, also where uploads may not be listed.
   */
  async abort (object: S3Object, uploadId: string | undefined, { alsoLost }: { readonly alsoLost: boolean }): Promise<void> {
    await Promise.all([
      uploadId !== undefined && this.#attempt(object, uploadId, 1),
      alsoLost && this.#attempt(object, undefined, 1)
    ])
  }

  async #attempt (object: S3Object, uploadId: string | undefined, attempt: number): Promise<void> {
    const done = await this.#try(object, uploadId)
    // A server that stalled may yet begin the uploads it was asked for, so the key is looked at until the end.
    if ((!done || uploadId === undefined) && attempt < ATTEMPTS) this.#later(object, uploadId, attempt)
  }

  async #try (object: S3Object, uploadId: string | undefined): Promise<boolean> {
    try {
      if (uploadId === undefined) await abortUploadsOf(this.#client, object)
      else await abortUpload(this.#client, object, uploadId)
      return true
    } catch {
      return false
    }
  }

  #later (object: S3Object, uploadId: string | undefined, attempt: number): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      this.#attempt(object, uploadId, attempt + 1)
    }, Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (attempt - 1)))
    this.#timers.add(timer.unref())
  }

  close (): void {
    for (const timer of this.#timers) clearTimeout(timer)
  }
}
