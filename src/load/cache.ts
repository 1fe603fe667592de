import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { baseNameOf } from '../domain/image-url.js'
import { homeFolder } from '../home-folder.js'
import { Locks, type Lock } from './lock.js'

const EXTENSION = /\.(?:tar(?:\.[a-z0-9]{1,5})?|tgz)$/
const PARTIAL = '.part'
/** Nobody goes on with a download that was given up so long ago. */
const LONGEST_PAUSE_MS = 24 * 3600 * 1000

/** What was loaded from a url that nothing is registered of. */
export interface LoadedRecord {
  readonly url: string
  readonly validator: string | null
  readonly ids: readonly string[]
  /** Milliseconds since 1970. */
  readonly at: number
}

/** One host's folder of tarballs on their way, by what is in them: `KEY.part`, `SHA256.tar.gz` where they are to stay. */
export class Cache {
  readonly folder: string
  readonly locks: Locks

  constructor (folder = join(process.env['XDG_CACHE_HOME'] || join(homeFolder(), '.cache'), 'leporello')) {
    this.folder = folder
    this.locks = new Locks(join(folder, 'locks'))
  }

  /** The file that a download grows in. Makes the folder: what is in it is loaded, so nobody else may write to it. */
  async partial (key: string): Promise<string> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 })
    return join(this.folder, `${key}${PARTIAL}`)
  }

  /** Where a tarball of that checksum stays; its name ends as the url's does. */
  whole (sha256: string, url: string): string {
    return join(this.folder, `${sha256}${EXTENSION.exec(baseNameOf(url).toLowerCase())?.[0] ?? '.tar'}`)
  }

  async keep (partial: string, whole: string): Promise<void> {
    await rename(partial, whole)
  }

  /** Undefined when nothing was loaded for that, or what was noted cannot be read. */
  async record (key: string): Promise<LoadedRecord | undefined> {
    try {
      return JSON.parse(await readFile(this.#record(key), 'utf8')) as LoadedRecord
    } catch {
      return undefined
    }
  }

  async note (key: string, record: LoadedRecord): Promise<void> {
    const draft = `${this.#record(key)}.draft`
    await writeFile(draft, JSON.stringify(record), { mode: 0o600 })
    await rename(draft, this.#record(key))
  }

  /** Removes downloads that were given up long ago and that nobody is at. */
  async tidy (): Promise<void> {
    const files = await readdir(this.folder).catch(() => [])
    for (const file of files.filter(name => name.endsWith(PARTIAL))) {
      const key = file.slice(0, -PARTIAL.length)
      const path = join(this.folder, file)
      if (!await isOld(path)) continue
      const lock: Lock | undefined = await this.locks.tryToTake(key)
      if (lock !== undefined) await rm(path, { force: true }).finally(() => lock.release())
    }
  }

  #record (key: string): string {
    return join(this.folder, `${key}.loaded.json`)
  }
}

/** A name of a file for any text. */
export function keyOf (...texts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(texts)).digest('hex')
}

async function isOld (path: string): Promise<boolean> {
  const stats = await stat(path).catch(() => undefined)
  return stats !== undefined && Date.now() - stats.mtimeMs > LONGEST_PAUSE_MS
}
