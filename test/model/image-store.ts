import type { Test } from 'tap'
import { FolderImageStore } from '../../src/adapters/folder/image-store.js'
import { temporaryFolder } from '../app.js'

/** A store of the test's own that all instances share. */
export async function imageStore (t: Test): Promise<FolderImageStore> {
  return new FolderImageStore({ root: await temporaryFolder(t), publicUrl: () => 'http://leporello.test' })
}
