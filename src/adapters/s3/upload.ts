import { finished, type Readable } from 'node:stream'
import {
  CompleteMultipartUploadCommand, CreateMultipartUploadCommand, HeadObjectCommand, PutObjectCommand, UploadPartCommand,
  type CompletedPart, type S3Client
} from '@aws-sdk/client-s3'
import type { Aborts } from './aborts.js'
import type { S3Clients } from './clients.js'
import { sameMark } from './metadata.js'
import type { PartBudget, PartLease } from './part-budget.js'
import { partsOf, type Part } from './parts.js'

/** Of one upload: one that is being filled and three on the way, or four on the way. */
const PARTS_AT_ONCE = 4

export interface UploadTarget {
  readonly Bucket: string
  readonly Key: string
  readonly ContentType: string
  readonly Metadata: Record<string, string>
}

export interface UploadMeans {
  readonly clients: S3Clients
  readonly budget: PartBudget
  readonly aborts: Aborts
}

/** Tells a failure of the store, its cause, from one of the body. */
export class StoreFailure extends Error {
  constructor (cause: unknown) {
    super('the store failed', { cause })
  }
}

/**
 * One body on its way to S3: by one PutObject if it fits a part and in parts otherwise, with no more part buffers than
 * it gets from the budget.
 */
export class Upload {
  readonly #clients: S3Clients
  readonly #aborts: Aborts
  readonly #lease: PartLease
  readonly #target: UploadTarget
  readonly #body: Readable
  readonly #onBytes: (bytes: number) => void
  /** Aborted when the body ends before its end, for whatever reason. */
  readonly #gone = new AbortController()
  /** Aborted by the store's first failure, if the body had not failed before. */
  readonly #failure = new AbortController()
  #uploadId: string | undefined
  #size = 0
  #taken = 0

  /** `onBytes` is told of each part that the store has taken. */
  constructor ({ clients, budget, aborts }: UploadMeans, target: UploadTarget, body: Readable, onBytes: (bytes: number) => void = () => {}) {
    this.#clients = clients
    this.#aborts = aborts
    this.#lease = budget.lease(PARTS_AT_ONCE)
    this.#target = target
    this.#body = body
    this.#onBytes = onBytes
    // From here on, since it may fail before it is read: an error that nobody listens to ends the process.
    finished(body, { writable: false }, error => error && this.#gone.abort(error))
  }

  /**
   * Resolves to the size when the object is there. Otherwise no part of it remains, except where the store does not
   * even answer the abort, which is then repeated in the background. Rejects with the body's error or a `StoreFailure`.
   */
  async done (): Promise<number> {
    try {
      await this.#send()
      return this.#size
    } catch (error) {
      const { aborted: storeFailed, reason } = this.#failure.signal
      // Only the answer of the last request may have been lost.
      if (storeFailed && this.#body.readableEnded && await this.#isThere()) {
        this.#take(this.#size - this.#taken)
        return this.#size
      }
      await this.#aborts.abort(this.#target, this.#uploadId, { alsoLost: storeFailed })
      throw storeFailed ? new StoreFailure(reason) : error
    }
  }

  #take (bytes: number): void {
    this.#taken += bytes
    if (bytes > 0) this.#onBytes(bytes)
  }

  async #send (): Promise<void> {
    const sending: Array<Promise<CompletedPart>> = []
    try {
      for await (const part of partsOf(this.#body, this.#lease, this.#gone.signal)) {
        this.#size += part.length
        if (part.number === 1 && part.isLast) return await this.#sendWhole(part)
        this.#uploadId ??= await this.#create(part)
        const sent = this.#sendPart(part, this.#uploadId)
        // Met below; its failure also ends the body.
        sent.catch(() => {})
        sending.push(sent)
      }
      await this.#complete(await Promise.all(sending))
    } finally {
      await Promise.allSettled(sending)
    }
  }

  async #sendWhole (part: Part): Promise<void> {
    await this.#withPart(part, async Body => {
      const command = new PutObjectCommand({ ...this.#target, Body })
      return said('PutObject', 'ETag', await this.#clients.patient.send(hashed(command, part), this.#options))
    })
  }

  async #create (first: Part): Promise<string> {
    try {
      const { patient } = this.#clients
      const checksums = await patient.config.requestChecksumCalculation()
      const command = new CreateMultipartUploadCommand({
        ...this.#target, ...(checksums === 'WHEN_SUPPORTED' && { ChecksumAlgorithm: 'CRC32' })
      })
      const answer = patient.send(command, this.#options).then(answer => said('CreateMultipartUpload', 'UploadId', answer))
      return (await this.#asked(answer)).UploadId!
    } catch (error) {
      this.#lease.give(first.buffer)
      throw error
    }
  }

  async #sendPart (part: Part, UploadId: string): Promise<CompletedPart> {
    const { Bucket, Key } = this.#target
    const { ETag, ChecksumCRC32 } = await this.#withPart(part, async Body => await this.#clients.patient.send(
      hashed(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: part.number, Body }), part), this.#options))
    return { PartNumber: part.number, ETag, ...(ChecksumCRC32 !== undefined && { ChecksumCRC32 }) }
  }

  async #complete (Parts: CompletedPart[]): Promise<void> {
    const { Bucket, Key } = this.#target
    const command = new CompleteMultipartUploadCommand({ Bucket, Key, UploadId: this.#uploadId, MultipartUpload: { Parts } })
    await this.#asked(this.#clients.completing.send(command, this.#options)
      .then(answer => said('CompleteMultipartUpload', 'ETag', answer)))
  }

  async #withPart<Answer> (part: Part, send: (bytes: Buffer) => Promise<Answer>): Promise<Answer> {
    let buffer: Buffer | undefined
    try {
      const answer = await this.#asked(send(part.buffer.subarray(0, part.length)))
      buffer = part.buffer
      this.#take(part.length)
      return answer
    } finally {
      // A request that was cut off may still hold it.
      this.#lease.give(buffer)
    }
  }

  /** Ends everything at the store's first failure: the body, which may have stalled, and the requests on their way. */
  async #asked<Answer> (answer: Promise<Answer>): Promise<Answer> {
    try {
      return await answer
    } catch (error) {
      if (!this.#gone.signal.aborted) {
        this.#failure.abort(error)
        this.#body.destroy()
      }
      throw error
    }
  }

  get #options (): { abortSignal: AbortSignal } {
    return { abortSignal: this.#failure.signal }
  }

  async #isThere (): Promise<boolean> {
    const { Bucket, Key, Metadata } = this.#target
    try {
      return sameMark((await this.#clients.fast.send(new HeadObjectCommand({ Bucket, Key }))).Metadata, Metadata)
    } catch {
      return false
    }
  }
}

/** The answer if it holds what such an answer always does: what is no S3 server, as a proxy's own page, may say 200, too. */
function said<Answer extends object> (operation: string, field: keyof Answer & string, answer: Answer): Answer {
  if (answer[field] === undefined) throw new Error(`the answer to ${operation} carries no ${field}`)
  return answer
}

/** Gives the command the hash that its signature is made with; the SDK would hash the whole part at once. */
function hashed<Command extends PutObjectCommand | UploadPartCommand> (command: Command, { sha256 }: Part): Command {
  const stack = command.middlewareStack as S3Client['middlewareStack']
  stack.add(next => async args => {
    Object.assign((args.request as { headers: object }).headers, { 'x-amz-content-sha256': sha256 })
    return await next(args)
  }, { step: 'build' })
  return command
}
