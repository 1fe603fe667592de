import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { LoadError } from './load-error.js'
import type { Source } from './source.js'

/** A file of this host or of a network drive: `file:///path`, or the path alone. */
export function fileSource (url: string): Source {
  const path = url.startsWith('/') ? url : pathOf(url)
  const tagOf = async () => {
    const { size, mtimeMs, ino, isFile } = await statOf(path)
    return { size, tag: isFile ? `${ino} ${size} ${mtimeMs}` : undefined }
  }
  return {
    url,
    async open (from, tag) {
      const now = await tagOf()
      const start = tag === undefined || tag === now.tag ? from : 0
      return { body: createReadStream(path, { start }), from: start, ...now }
    },
    async validator () {
      return (await tagOf()).tag
    }
  }
}

async function statOf (path: string) {
  try {
    const stats = await stat(path)
    return { size: stats.size, mtimeMs: stats.mtimeMs, ino: stats.ino, isFile: stats.isFile() }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    throw new LoadError(code === 'ENOENT' ? `there is no file ${path}` : message, code === 'ENOENT' ? 'not-found' : 'failed', error)
  }
}

function pathOf (url: string): string {
  try {
    return fileURLToPath(url)
  } catch (error) {
    throw new LoadError(`${url} names no file of this host: ${(error as Error).message}`, 'failed', error)
  }
}
