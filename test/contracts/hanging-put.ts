import { PassThrough } from 'node:stream'
import { FolderImageStore, type FolderImageStoreOptions } from '../../src/adapters/folder/image-store.js'
import { S3ImageStore, type S3ImageStoreOptions } from '../../src/adapters/s3/image-store.js'
import type { ImageStore } from '../../src/ports/image-store.js'
import { anyBytes, gathered } from './bytes.js'

/** How a process of its own opens the same store. */
export type StoreDescription =
  | { readonly kind: 'folder', readonly options: FolderImageStoreOptions }
  | { readonly kind: 's3', readonly options: S3ImageStoreOptions }

function open (description: StoreDescription): ImageStore {
  return description.kind === 'folder'
    ? new FolderImageStore(description.options)
    : new S3ImageStore(description.options)
}

// The program: begins to put the key it is told of, says so when a part of it lies in the store, and waits to be killed.
const [key, description] = process.argv.slice(2)
if (key !== undefined && description !== undefined) {
  const store = open(JSON.parse(description) as StoreDescription)
  const body = new PassThrough()
  body.write(anyBytes(12 * 1024 * 1024))
  store.put(key, body, { metadata: { name: 'never finished' } }).catch(() => {})
  const tomorrow = new Date(Date.now() + 86_400_000)
  while ((await gathered(store.unfinished(tomorrow))).length === 0);
  process.stdout.write('hanging\n')
  setInterval(() => {}, 1000)
}
