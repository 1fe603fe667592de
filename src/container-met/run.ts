import { withoutUserinfo } from '../domain/userinfo.js'
import { shown, type DeliveryOptions } from './delivery.js'
import { Failure, reasonOf, RegistrationFailure } from './failure.js'
import { parseLocation } from './location.js'
import { register } from './mozart.js'
import type { Progress } from './progress.js'
import { proxyFor } from './proxy.js'
import type { Repository, Stored } from './repository.js'
import { tarballUrl, type MetRequest } from './request.js'
import { checkTarballs, type Tarball } from './tarball.js'

export interface RunOptions extends Omit<DeliveryOptions, 'signal'> {
  /** Whether a Leporello at the other end stores the tarballs. */
  readonly viaService: boolean
  readonly progress: Progress
  readonly signal: AbortSignal
}

/**
 * Stores the tarballs and registers the container with them, all or nothing: when the registration certainly failed,
 * the tarballs that this run made are removed again.
 *
 * @throws Failure, a sentence that says what happened and what can be done.
 */
export async function run (request: MetRequest, options: RunOptions): Promise<void> {
  const tarballs = await checkTarballs(request)
  // One that can be none is told of before anything is stored.
  proxyFor(request.mozartUrl, options.env)
  if (request.mozartUrl.protocol === 'https:' && !options.verifyTls) {
    options.warn(`the certificate of ${request.mozartUrl.origin} is not verified; --verify-tls or LEPORELLO_VERIFY_TLS=1 does`)
  }
  if (options.viaService) {
    const { uploadToService } = await import('./service-upload.js')
    for (const warning of await uploadToService(request, tarballs, options.progress, options)) options.warn(warning)
    return
  }
  const repository = await openRepository(request, tarballs, options)
  try {
    const stored = await storeAll(request, tarballs, repository, options)
    await registerStored(request, tarballs, stored, options)
  } finally {
    repository.close()
  }
}

/** The AWS SDK is loaded only for what is in S3, and when it is known that all can be stored. */
async function openRepository (request: MetRequest, tarballs: readonly Tarball[], options: RunOptions): Promise<Repository> {
  if (request.repo === '') throw new Failure('repo is empty; nothing was sent. Name a bucket or a folder: s3://BUCKET/PREFIX or /FOLDER')
  const locations = tarballs.map(({ path }) => parseLocation(tarballUrl(request, path)))
  const s3 = locations.find(location => location.kind === 's3')
  if (s3 !== undefined) return await (await import('./s3-repository.js')).S3Repository.open(s3, options)
  return new (await import('./folder-repository.js')).FolderRepository()
}

/** All at once. When one fails the others are stopped, and what is there already is removed. */
async function storeAll (
  request: MetRequest, tarballs: readonly Tarball[], repository: Repository, { progress, warn, signal }: RunOptions
): Promise<Stored[]> {
  const stop = new AbortController()
  const puts = await Promise.allSettled(tarballs.map(async tarball => {
    const transfer = progress.start(tarball.name, tarball.size)
    try {
      return await repository.put(tarball, tarballUrl(request, tarball.path), {
        warn, onBytes: bytes => { transfer.advance(bytes) }, signal: AbortSignal.any([signal, stop.signal])
      })
    } catch (error) {
      stop.abort(error)
      throw error
    } finally {
      transfer.end()
    }
  }))
  const stored = puts.flatMap(put => put.status === 'fulfilled' ? [put.value] : [])
  if (stored.length === tarballs.length) return stored
  throw await afterRemoving(stored, signal.aborted ? interrupted() : stop.signal.reason)
}

async function registerStored (
  request: MetRequest, tarballs: readonly Tarball[], stored: readonly Stored[], options: RunOptions
): Promise<void> {
  const urlFor = (architecture: Tarball['architecture']) =>
    stored[tarballs.findIndex(tarball => tarball.architecture === architecture)]?.url ?? ''
  try {
    await register(request, { amd64: urlFor('amd64'), arm64: urlFor('arm64') }, options)
  } catch (error) {
    if (error instanceof RegistrationFailure && error.certain) throw await afterRemoving(stored, error)
    const where = shown(new URL(`container/info?id=${encodeURIComponent(request.ident)}`, `${request.mozartUrl.href.replace(/\/$/, '')}/`))
    throw new Failure(`${options.signal.aborted ? interrupted().message : reasonOf(error)}; whether ${request.ident} is registered is not known, ` +
      `so the tarballs stay: run the same command again, or look at ${where}`, error)
  }
}

function interrupted (): Failure {
  return new Failure('stopped by a signal')
}

/** The failure, with what became of the tarballs. What was there before may be what a registration names, and stays. */
async function afterRemoving (stored: readonly Stored[], failure: unknown): Promise<Failure> {
  const outcomes = await Promise.all(stored.map(async ({ url, before, remove }) => {
    const name = withoutUserinfo(url)
    if (before === 'a tarball') return `${name} was there before, so it stays, with the new content`
    if (before === 'unknown') return `${name} stays, since these credentials cannot see whether it was there before (s3:ListBucket)`
    try {
      await remove()
      return `${name} was removed again`
    } catch (error) {
      return `${name} could not be removed again (${reasonOf(error)}): remove it by hand`
    }
  }))
  return new Failure([reasonOf(failure), ...outcomes].join('; '), failure)
}
