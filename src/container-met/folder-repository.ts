import { randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { Failure, reasonOf } from './failure.js'
import { parseLocation } from './location.js'
import { lockOf, lockWarning, type PutOptions, type Repository, type Stored } from './repository.js'
import { contentOf, type Tarball } from './tarball.js'

export class FolderRepository implements Repository {
  async put (tarball: Tarball, url: string, options: PutOptions): Promise<Stored> {
    const path = pathOf(url)
    try {
      const there = await identity(path)
      if (there?.isFolder) throw new Failure(`${path} is a folder, and the tarball would have that name; remove it, or name another repo`)
      if (there?.id === (await identity(tarball.path))?.id) {
        throw new Failure(`${tarball.path} is the very file that it would be stored as; name another repo than the folder it is in`)
      }
      if (await identity(lockOf(path)) !== undefined) options.warn(lockWarning(url))
      await mkdir(dirname(path), { recursive: true })
      await copy(tarball, path, options)
      const stored = await identity(path)
      return { url, before: there === undefined ? 'nothing' : 'a tarball', remove: async () => { await removeThat(path, stored?.id) } }
    } catch (error) {
      if (error instanceof Failure || options.signal.aborted) throw error
      throw new Failure(`${tarball.path} could not be copied to ${path} (${reasonOf(error)}); mend that, or name another repo`, error)
    }
  }

  close (): void {}
}

function pathOf (url: string): string {
  const location = parseLocation(url)
  if (location.kind !== 'folder') throw new TypeError(`not a file: ${url}`)
  return location.path
}

/** Beside it first, so that nobody ever sees half a tarball under its name. */
async function copy (tarball: Tarball, path: string, { onBytes, signal }: PutOptions): Promise<void> {
  const draft = join(dirname(path), `.container-met-${randomUUID()}.part`)
  try {
    await pipeline(contentOf(tarball), async function * (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        yield chunk
        onBytes(chunk.length)
      }
    }, createWriteStream(draft, { flags: 'wx', flush: true }), { signal })
    await rename(draft, path)
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
}

async function removeThat (path: string, id: string | undefined): Promise<void> {
  if ((await identity(path))?.id === id) await rm(path, { force: true })
}

/** Which file it is, and not only its name; undefined where there is none. */
async function identity (path: string): Promise<{ id: string, isFolder: boolean } | undefined> {
  try {
    const { dev, ino, isDirectory } = await statOf(path)
    return { id: `${dev}:${ino}`, isFolder: isDirectory }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

async function statOf (path: string): Promise<{ dev: bigint, ino: bigint, isDirectory: boolean }> {
  const stats = await stat(path, { bigint: true })
  return { dev: stats.dev, ino: stats.ino, isDirectory: stats.isDirectory() }
}
