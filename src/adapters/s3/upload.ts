import { pipeline, type Readable } from 'node:stream'
import {
  CompleteMultipartUploadCommand, HeadObjectCommand, PutObjectCommand, type PutObjectCommandInput, type S3Client
} from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'
import type { Aborts } from './aborts.js'
import type { S3Clients } from './clients.js'
import { Gate } from './gate.js'
import { sameMark } from './metadata.js'
import type { PartBudget } from './part-budget.js'

/** Of one upload: one that is being filled and three on the way, or four on the way. */
const PARTS_AT_ONCE = 4

type Target = Omit<PutObjectCommandInput, 'Body'> & { readonly Bucket: string, readonly Key: string }
type Send = (command: Parameters<S3Client['send']>[0]) => Promise<unknown>

export interface UploadMeans {
  readonly clients: S3Clients
  readonly budget: PartBudget
  readonly aborts: Aborts
}

/**
 * Sends the body to S3 by one PutObject if it fits a part and in parts otherwise, with no more part buffers than it
 * gets from the budget. Resolves to its size when the object is there; otherwise no part of it remains, except where
 * the store does not even answer the abort, which is then repeated in the background. Rejects with the body's error,
 * or with a `StoreFailure`.
 */
export async function upload ({ clients, budget, aborts }: UploadMeans, target: Target, body: Readable): Promise<number> {
  const lease = budget.lease(PARTS_AT_ONCE)
  const gate = new Gate(lease)
  // Its errors are met where the gate is read.
  pipeline(body, gate, () => {})
  const failure = new Failure(gate)
  const upload = new Upload({
    client: reporting(clients, failure),
    params: { ...target, Body: gate },
    partSize: budget.partSize,
    // One more than there may be parts: while none of them waits for a part, lib-storage keeps the last one twice.
    queueSize: PARTS_AT_ONCE + 1,
    leavePartsOnError: true
  })
  upload.on('httpUploadProgress', () => lease.release())
  try {
    await upload.done()
    return gate.bytes
  } catch (error) {
    if (failure.ofLastStep && await isThere(clients.fast, target)) return gate.bytes
    if (failure.signal.aborted) await aborts.abort(target, undefined)
    else if (upload.uploadId !== undefined) await aborts.abort(target, upload.uploadId)
    throw failure.signal.aborted ? new StoreFailure(failure.signal.reason) : gate.errored ?? error
  } finally {
    lease.end()
  }
}

/** Tells a failure of the store, its cause, from one of the body. */
export class StoreFailure extends Error {
  constructor (cause: unknown) {
    super('the store failed', { cause })
  }
}

/** The store's first failure; it stops the reading of the body and the requests on their way. */
class Failure {
  readonly #gate: Gate
  readonly #controller = new AbortController()
  #lastStep = false

  constructor (gate: Gate) {
    this.#gate = gate
  }

  get signal (): AbortSignal {
    return this.#controller.signal
  }

  /** Whether it was the request that makes the object: it may have been done and only its answer lost. */
  get ofLastStep (): boolean {
    return this.#lastStep
  }

  report (error: unknown, lastStep: boolean): void {
    if (this.signal.aborted || this.#gate.errored) return
    this.#lastStep = lastStep
    this.#controller.abort(error)
    this.#gate.destroy()
  }
}

/**
 * The client for one upload. lib-storage looks at a failed request only when the body goes on, and a body may have
 * stalled, so the failure is reported from here.
 */
function reporting ({ patient, slow }: S3Clients, failure: Failure): S3Client {
  const send: Send = async command => {
    const completes = command instanceof CompleteMultipartUploadCommand
    try {
      return await (completes ? slow : patient).send(command, { abortSignal: failure.signal })
    } catch (error) {
      failure.report(error, completes || command instanceof PutObjectCommand)
      throw error
    }
  }
  return Object.create(patient, { send: { value: send } })
}

async function isThere (client: S3Client, { Bucket, Key, Metadata }: Target): Promise<boolean> {
  try {
    return sameMark((await client.send(new HeadObjectCommand({ Bucket, Key }))).Metadata, Metadata)
  } catch {
    return false
  }
}
