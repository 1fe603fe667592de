import { setTimeout as delay } from 'node:timers/promises'
import { ApiError, UnreachableError } from '../client/index.js'
import { LeporelloError } from '../errors.js'
import { LoadError } from './load-error.js'
import type { PartialFile } from './partial-file.js'
import { Patience } from './patience.js'
import type { Source } from './source.js'

/** What is registered of a tarball. */
export interface Known {
  readonly sha256: string | null
  readonly size: number | null
}

/** Is told how a download goes on. */
export interface DownloadWatcher {
  /** It begins, or goes on, or begins anew, with so much there already. */
  start (url: string, there: number, size: number | undefined): void
  advance (bytes: number): void
  retry (error: Error, delayMs: number): void
}

/**
 * Brings the whole of a source into the file, going on where it broke off, however often it does, as long as it gets further.
 *
 * @throws LeporelloError `IMAGE_CHECKSUM_MISMATCH` when all that came is not what is registered: then it is cleared.
 */
export async function download (source: Source, file: PartialFile, known: Known, watcher: DownloadWatcher): Promise<void> {
  // Of a process that died there may be other bytes in it; they get a second chance, and no third.
  let [resumed, tag] = [file.size > 0, undefined as string | undefined]
  // Without a checksum nobody could tell that they are others.
  if (known.sha256 === null || (known.size !== null && file.size > known.size)) await file.clear()
  const patience = new Patience()
  for (let furthest = file.size; ;) {
    try {
      await transfer(source, file, known, tag, { ...watcher, onTag: said => { tag = said } })
      const flaw = flawOf(file, known, source)
      if (flaw === undefined) return
      await file.clear()
      if (!resumed) throw flaw
      resumed = false
    } catch (error) {
      if (file.size > furthest) {
        furthest = file.size
        patience.renew()
      }
      const delayMs = isLasting(error) ? undefined : patience.after(error)
      if (delayMs === undefined) throw error
      watcher.retry(error as Error, delayMs)
      // Where nothing tells one file from another, what comes next may be of another.
      if (known.sha256 === null && tag === undefined) await file.clear()
      await delay(delayMs)
    }
  }
}

/** One connection's worth. */
async function transfer (
  source: Source, file: PartialFile, { sha256, size }: Known, tag: string | undefined,
  watcher: Pick<DownloadWatcher, 'start' | 'advance'> & { onTag (tag: string | undefined): void }
): Promise<void> {
  if (size !== null && file.size === size) return
  const opened = await source.open(file.size, sha256 === null ? tag : undefined)
  watcher.onTag(opened.tag)
  if (opened.from !== file.size) await file.clear()
  const whole = size ?? opened.size
  watcher.start(source.url, file.size, whole)
  for await (const chunk of opened.body) {
    await file.append(chunk)
    watcher.advance(chunk.length)
    if (size !== null && file.size > size) break
  }
  if (whole !== undefined && file.size < whole) throw new LoadError(`${source.url} was cut off`, 'unreachable')
}

function flawOf (file: PartialFile, { sha256, size }: Known, { url }: Source): LeporelloError | undefined {
  const flaw = size !== null && file.size !== size
    ? `has another size than the ${size} bytes that are registered`
    : sha256 !== null && file.sha256 !== sha256 ? `has the sha256 ${file.sha256}, and ${sha256} is registered` : undefined
  return flaw === undefined ? undefined : new LeporelloError('IMAGE_CHECKSUM_MISMATCH', `${url} ${flaw}: it is not loaded`)
}

/** Whether it would be the same the next time. */
function isLasting (error: unknown): boolean {
  if (error instanceof LoadError) return error.kind !== 'unreachable'
  if (error instanceof ApiError) return error.status < 500 && error.status !== 429 && error.status !== 416
  return error instanceof LeporelloError || (!(error instanceof UnreachableError) && isLocal(error))
}

/** Of a file on this host, and not of a connection. */
function isLocal (error: unknown): boolean {
  return ['open', 'read', 'write', 'ftruncate', 'stat'].includes((error as NodeJS.ErrnoException).syscall ?? '') &&
    !['ECONNRESET', 'ETIMEDOUT', 'EPIPE'].includes((error as NodeJS.ErrnoException).code ?? '')
}
