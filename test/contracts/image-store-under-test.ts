import type { Test } from 'tap'
import type { ImageStore } from '../../src/ports/image-store.js'
import type { StoreDescription } from './hanging-put.js'

export interface ImageStoreUnderTest {
  readonly store: ImageStore
  readonly description: StoreDescription
  /** Everything that lies there, looked at past the store: the keys, and whatever should not be. */
  contents (): Promise<string[]>
}

/** Gives an empty store, which ends with its test. */
export type Open = (t: Test) => Promise<ImageStoreUnderTest>

const MIB = 1024 * 1024

/** S3's smallest part, where an adapter may go from one request to several. */
export const PART = 5 * MIB
export const SEVERAL_PARTS = 2 * PART + 2 * MIB + 7

/** The key of whatever the suite leaves unfinished. */
export const KEY = 'containers/hello/01JD0000000000000000000000/hello-1.0-amd64-00000000.tar.gz'
