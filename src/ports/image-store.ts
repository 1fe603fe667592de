import type { Readable } from 'node:stream'
import type { Deadline } from '../deadline.js'
import type { ByteRange, ByteSpan } from '../domain/byte-range.js'
import type { BackendHealth } from './backend-health.js'

/** Small facts kept with an object: keys `[a-z0-9-]`, values any text, all together under 1,500 bytes. */
export type ObjectMetadata = Readonly<Record<string, string>>

export interface PutOptions {
  /** `application/octet-stream` when absent. */
  readonly contentType?: string
  readonly metadata?: ObjectMetadata
  /** Told how many more bytes the store has taken, as it takes them: of all of them by the time the put resolves. */
  readonly onBytes?: (bytes: number) => void
}

export interface ListedObject {
  readonly key: string
  readonly size: number
  /** By the store's clock. Of an object sent in parts it may be when the upload was started. */
  readonly lastModified: Date
}

export interface ObjectFacts extends ListedObject {
  readonly metadata: ObjectMetadata
}

export interface ReadObject extends ObjectFacts {
  /** The bytes of `range`. To be read to the end or destroyed: it holds a connection or a file. */
  readonly body: Readable
  /** What was asked for, in bytes of the object; absent when the whole object was. */
  readonly range?: ByteSpan
}

/** A put that is under way, or what is left of one whose process died. */
export interface UnfinishedPut {
  /** Names it, together with the key; of use only with the store that gave it. */
  readonly id: string
  /** Empty when the process died before it could be told. */
  readonly key: string
  /** When it was started, or last written to where the store only knows that; by the store's clock. */
  readonly startedAt: Date
}

/** How much of the memory that is set aside for puts they take. */
export interface BufferUse {
  readonly usedBytes: number
  readonly limitBytes: number
}

/**
 * Where image tarballs are kept. Every adapter passes test/contracts/image-store.ts.
 *
 * Keys are those of `checkObjectKey`; another is a `TypeError`. No key may be the folder of another one. Absence is a
 * value, not an error. A store that does not answer rejects with `STORE_UNAVAILABLE` within a bounded time, one
 * without room with `STORE_FULL`, one that will not serve us (credentials, permissions, no such bucket) with
 * `STORE_REFUSED` and a sentence that names what to fix.
 */
export interface ImageStore {
  /** Where memory is set aside for puts, which wait for it when there is no more. */
  readonly buffers?: BufferUse | undefined

  /**
   * Stores the body under `key`, reading it once in constant memory, and replaces what was there. Durable and
   * visible once it resolves, and not before.
   *
   * All or nothing: when the body errors, `put` rejects with the body's error, and neither the key nor any part of
   * the body remains. To abort, destroy the body; nothing else is needed, also when it has stalled. When the store
   * fails, the body is destroyed, and what could not be cleaned up is retried for a while and then left to
   * `unfinished`. A store that dies while it answers may have kept the whole object: then it is there, complete.
   */
  put (key: string, body: Readable, options?: PutOptions): Promise<{ readonly size: number }>

  /** Stores the bytes if the key is not there, and resolves to whether it did: of any number of callers one did. */
  createOnce (key: string, bytes: Uint8Array): Promise<boolean>

  /**
   * Reads an object or a range of it; a range with no byte of the object rejects with `RANGE_NOT_SATISFIABLE`. A store
   * that can carry no more readers says so at once with `OVERLOADED`, but not of an object of some kilobytes.
   */
  get (key: string, range?: ByteRange): Promise<ReadObject | undefined>

  head (key: string): Promise<ObjectFacts | undefined>

  /** Resolves when the key is not there, whether or not it was. */
  remove (key: string): Promise<void>

  /** The objects whose key starts with `prefix` and is greater than `after`, ascending, by page, none empty. */
  list (prefix: string, after?: string): AsyncIterable<readonly ListedObject[]>

  /** The unfinished puts started before that moment of the store's clock, by page, never empty, in no order. */
  unfinished (startedBefore: Date): AsyncIterable<readonly UnfinishedPut[]>

  /** Removes what is left of an unfinished put; one that is no longer there is not an error. */
  abandon (put: UnfinishedPut): Promise<void>

  /** The store's clock, to the second or better. */
  now (): Promise<Date>

  /** A url by which anybody may do `method` on the key for so many seconds; undefined where there is none to give. */
  presign (method: 'GET' | 'HEAD', key: string, seconds: number): Promise<string | undefined>

  /** The url that a registration names this key by, which workers and `sds pkg` can fetch. */
  location (key: string): string

  /** Never rejects: a store that cannot serve is `down`, with the reason. */
  health (deadline: Deadline): Promise<BackendHealth>

  /** Stops what runs in the background. */
  close (): Promise<void>
}
