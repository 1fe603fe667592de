import { join, relative, resolve, sep } from 'node:path'
import { checkObjectKey } from '../../domain/object-key.js'

const METADATA = '.metadata'
const UNFINISHED = '.unfinished'

/**
 * Where what lies in the folder:
 *
 *     <key>                     the bytes of an object
 *     .metadata/<key>/<ms>.json what else is known of it; <ms> is the modification time of the bytes it belongs to, so
 *                               that one rename replaces both (`cp -a` and `rsync -a` keep it)
 *     .unfinished/<id>/         a put under way, or what is left of one: `about.json` and `bytes`
 */
export class Layout {
  readonly root: string

  constructor (root: string) {
    this.root = resolve(root)
  }

  object (key: string): string {
    checkObjectKey(key)
    if (this.reserves(key)) throw new TypeError(`not a key of the image store, but the folder's own: ${key}`)
    return join(this.root, key)
  }

  /** Whether a path below the root is the store's own and no object. */
  reserves (path: string): boolean {
    const [top] = path.split('/')
    return top === METADATA || top === UNFINISHED
  }

  metadataFolder (key: string): string {
    return join(this.root, METADATA, key)
  }

  metadata (key: string, modifiedMs: bigint): string {
    return join(this.metadataFolder(key), `${modifiedMs}.json`)
  }

  get unfinished (): string {
    return join(this.root, UNFINISHED)
  }

  draft (id: string): string {
    return join(this.unfinished, id)
  }

  /** The folders from `path`'s own up to the root, without it, the innermost first. */
  foldersAbove (path: string): string[] {
    const names = relative(this.root, path).split(sep).slice(0, -1)
    return names.map((_, index) => join(this.root, ...names.slice(0, names.length - index)))
  }
}
