import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'

/** The tarballs in a data folder, with the facts beside them. */
export async function tarballsIn (data: string): Promise<string[]> {
  const entries = await readdir(join(data, 'tarballs', 'containers'), { recursive: true, withFileTypes: true }).catch(() => [])
  return entries.filter(entry => entry.isFile()).map(entry => join(entry.parentPath, entry.name)).sort()
}

/** The puts that are under way, or were when their process died. */
export async function unfinishedIn (data: string): Promise<string[]> {
  return await readdir(join(data, 'tarballs', '.unfinished')).catch(() => [])
}

/** Resolves when something of an upload has reached the store. */
export async function begunIn (data: string): Promise<void> {
  while ((await unfinishedIn(data)).length === 0) await setTimeout(10)
}
