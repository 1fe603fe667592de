import type { Dirent } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { isAbsent } from './store-error.js'

/**
 * The files below `root` by their path, `/` between the parts, that start with `prefix` and are greater than `after`,
 * in ascending order of the whole path. Folders that hold none of them are not read.
 */
export async function * walk (root: string, prefix: string, after = '', folder = ''): AsyncGenerator<string> {
  for (const { path, isFolder } of await entriesOf(root, folder)) {
    if (isFolder) {
      const wanted = path.startsWith(prefix) || prefix.startsWith(path)
      if (wanted && (path > after || after.startsWith(path))) yield * walk(root, prefix, after, path)
    } else if (path.startsWith(prefix) && path > after) {
      yield path
    }
  }
}

/** In the order of the paths below them: a folder sorts as its name and a slash. */
async function entriesOf (root: string, folder: string): Promise<Array<{ path: string, isFolder: boolean }>> {
  let entries: Dirent[]
  try {
    entries = await readdir(join(root, folder), { withFileTypes: true })
  } catch (error) {
    if (isAbsent(error)) return []
    throw error
  }
  return entries
    .map(entry => ({ path: `${folder}${entry.name}${entry.isDirectory() ? '/' : ''}`, isFolder: entry.isDirectory() }))
    .sort((a, b) => a.path < b.path ? -1 : 1)
}
