import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface SmallDisk {
  readonly folder: string
  /** Why there is none; undefined when there is. */
  readonly failure: string | undefined
  /** The reason to skip what needs it; with `CI` set it fails instead. */
  readonly skip: string | false
}

/** A disk of so many MiB, in memory, as long as this process lives. */
export function mountSmallDisk (mebibytes: number): SmallDisk {
  const folder = mkdtempSync(join(tmpdir(), 'leporello-small-disk-'))
  const { status, stderr, error } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'tmpfs', folder])
  const failure = status === 0 ? undefined : `no small disk can be mounted: ${error?.message ?? String(stderr).trim()}`
  process.on('exit', () => {
    if (failure === undefined) spawnSync('umount', ['--lazy', folder])
    rmdirSync(folder)
  })
  return { folder, failure, skip: failure !== undefined && process.env['CI'] === undefined && failure }
}
