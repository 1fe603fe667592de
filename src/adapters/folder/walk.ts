import type { Dirent } from 'node:fs'
import { readdir, realpath, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { ignoreAbsent } from './folders.js'
import { isAbsent } from './store-error.js'

/** Where a walk is: a folder's path below the root, ending in a slash, and where the links that led there lead. */
interface Whereabouts {
  readonly folder: string
  readonly followed: readonly string[]
}

interface Entry {
  readonly path: string
  readonly isFolder: boolean
  readonly isLink: boolean
}

const ROOT: Whereabouts = { folder: '', followed: [] }

/**
 * The files below `root` by their path, `/` between the parts, that start with `prefix` and are greater than `after`,
 * in ascending order of the whole path. Folders that hold none of them are not read. Links to folders are followed, as
 * they are when a file is opened by its path, but none in a circle.
 */
export async function * walk (root: string, prefix: string, after = '', { folder, followed } = ROOT): AsyncGenerator<string> {
  for (const { path, isFolder, isLink } of await entriesOf(root, folder)) {
    if (isFolder) {
      const wanted = path.startsWith(prefix) || prefix.startsWith(path)
      if (!wanted || !(path > after || after.startsWith(path))) continue
      const target = isLink ? await realpath(join(root, path)).catch(ignoreAbsent) : undefined
      if (target !== undefined && followed.includes(target)) continue
      yield * walk(root, prefix, after, { folder: path, followed: target === undefined ? followed : [...followed, target] })
    } else if (path.startsWith(prefix) && path > after) {
      yield path
    }
  }
}

/** In the order of the paths below them: a folder sorts as its name and a slash. */
async function entriesOf (root: string, folder: string): Promise<Entry[]> {
  let entries: Dirent[]
  try {
    entries = await readdir(join(root, folder), { withFileTypes: true })
  } catch (error) {
    if (isAbsent(error)) return []
    throw error
  }
  const found = await Promise.all(entries.map(async entry => {
    const isLink = entry.isSymbolicLink()
    const isFolder = isLink ? await leadsToFolder(join(root, folder, entry.name)) : entry.isDirectory()
    return { path: `${folder}${entry.name}${isFolder ? '/' : ''}`, isFolder, isLink }
  }))
  return found.sort((a, b) => a.path < b.path ? -1 : 1)
}

async function leadsToFolder (link: string): Promise<boolean> {
  return (await stat(link).catch(ignoreAbsent))?.isDirectory() === true
}
