import { createReadStream } from 'node:fs'
import { rm, stat } from 'node:fs/promises'
import type { LeporelloClient, ResolvedImage } from '../client/index.js'
import { parseArchitecture } from '../domain/architecture.js'
import { LeporelloError } from '../errors.js'
import { verifyImage } from '../image/verify-image.js'
import { keyOf, type Cache } from './cache.js'
import { download, type DownloadWatcher } from './download.js'
import { normalised } from './engine.js'
import { PartialFile } from './partial-file.js'
import { sourceOf } from './source.js'

/** A tarball that was proved to be what is registered. */
export interface ProvedTarball {
  readonly path: string
  readonly sha256: string
  /** By which engines know its image. */
  readonly ids: readonly string[]
  /** Whether it stays when it has been loaded. */
  readonly isKept: boolean
}

/** The name under which a tarball is locked and downloaded: its checksum, or where it lies if that is not registered. */
export function tarballKey ({ sha256, url }: ResolvedImage): string {
  return sha256 ?? `url-${keyOf(url)}`
}

/**
 * The image's tarball, from the cache or from where it lies; the caller holds the lock of its key. Size and checksum are
 * what is registered; where nothing is, the image inside was looked at instead.
 *
 * @throws LeporelloError when it is not what it should be: then it is gone.
 */
export async function provedTarball (
  image: ResolvedImage, { client, cache, watcher }: { client: LeporelloClient, cache: Cache, watcher: DownloadWatcher }
): Promise<ProvedTarball> {
  const kept = image.sha256 === null ? undefined : await keptTarball(image, image.sha256, cache)
  if (kept !== undefined) return kept
  const path = await cache.partial(tarballKey(image))
  const file = await PartialFile.open(path)
  try {
    await download(await sourceOf(image.download ?? image.url, client), file, image, watcher)
    const isKnown = image.sha256 !== null && image.digests.length > 0
    const ids = isKnown ? image.digests.map(normalised) : await proved(path, image)
    return { path, sha256: file.sha256, ids, isKept: false }
  } catch (error) {
    if (error instanceof LeporelloError) await rm(path, { force: true })
    throw error
  } finally {
    await file.close()
  }
}

/** One that --fetch-only left; another than it should be is removed. */
async function keptTarball (image: ResolvedImage, sha256: string, cache: Cache): Promise<ProvedTarball | undefined> {
  const path = cache.whole(sha256, image.url)
  if (image.digests.length === 0 || await stat(path).catch(() => undefined) === undefined) return undefined
  const file = await PartialFile.open(path)
  await file.close()
  if (file.sha256 === sha256) return { path, sha256, ids: image.digests.map(normalised), isKept: true }
  await rm(path)
  return undefined
}

/** Looks at what is inside, since nobody has; gives the image's digests. */
async function proved (path: string, { architecture, digests: [digest] }: ResolvedImage): Promise<string[]> {
  const facts = await verifyImage(createReadStream(path), { architecture: parseArchitecture(architecture), digest })
  return facts.digests.map(({ digest }) => normalised(digest))
}
