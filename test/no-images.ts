import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FolderImageStore } from '../src/adapters/folder/image-store.js'

/** A store for tests in which nobody names a tarball of ours: nothing is ever written to it. */
export const NO_IMAGES = new FolderImageStore({ root: join(tmpdir(), 'leporello-no-images') })
