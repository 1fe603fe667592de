import { setTimeout } from 'node:timers/promises'
import type { Container } from '../domain/container.js'
import { keyInUrl, placeInUrl, placesInText, type TarballPlace } from '../domain/tarball-key.js'
import type { Deadline } from '../deadline.js'
import { LeporelloError } from '../errors.js'
import type { DocumentIndex } from '../ports/document-index.js'
import type { ImageStore, ObjectFacts } from '../ports/image-store.js'
import { changeDocument } from './change.js'
import { withPlainSlashes } from './named-tarballs.js'
import { flagId, type SweepFlag } from './sweep-flags.js'
import type { UploadRecords } from './upload-records.js'

interface Means {
  readonly index: DocumentIndex
  readonly images: ImageStore
  readonly records: UploadRecords
  readonly deadline: Deadline
}

/** What a client names that looks like one of our tarballs. */
export interface NamedTarball {
  readonly url: string
  readonly place: TarballPlace
}

/** Mostly none. */
export function tarballsNamedBy ({ url, urls }: Pick<Container, 'url' | 'urls'>): NamedTarball[] {
  const named = [...url === null ? [] : [url], ...(urls?.architectures ?? []).map(name => urls!.get(name)!)]
  return [...new Set(named)].flatMap(url => {
    const place = placeInUrl(url)
    return place === undefined ? [] : [{ url, place }]
  })
}

/**
 * All that a specification names in a form in which the sweep finds it, in a text within its JSON or in the middle of a
 * sentence as well. Mostly none.
 */
export function tarballsNamedIn (json: string): NamedTarball[] {
  const text = withPlainSlashes(json)
  // By what the sweep looks for. Where it is no url of its own, only a record tells that it is ours.
  const named = new Map(placesInText(text).map(place => [`${place.ulid}/${place.file}`, { url: '', place }]))
  if (named.size === 0) return []
  for (const [word] of text.matchAll(/[^\s"\\]+/g)) {
    const place = placeInUrl(word)
    const found = place && named.get(`${place.ulid}/${place.file}`)
    if (found !== undefined && found.url === '') found.url = word
  }
  return [...named.values()]
}

/**
 * Keeps the tarballs of ours that a client names again (a roll-back, a copy, a job's image) from the sweep. First the flag and
 * then the object: looking for the object first would miss a sweep that ends in between.
 *
 * @throws LeporelloError `TARBALL_GONE` for one that the sweep removed or is removing, or that was never stored.
 */
export async function reclaimTarballs (means: Means, tarballs: readonly NamedTarball[]): Promise<void> {
  for (const tarball of tarballs) {
    if (means.deadline.passed) throw outOfTime()
    await reclaim(means, tarball)
  }
}

async function reclaim (means: Means, { url, place }: NamedTarball): Promise<void> {
  const record = await means.records.find(place)
  if (record === undefined) {
    if (isOurs(url, means.images)) throw gone(place)
    // Somebody else's, whatever it looks like.
    return
  }
  const { index, deadline } = means
  const state = await changeDocument({ index, kind: 'meta', id: flagId(place), deadline }, ({ current }) => {
    if (current === undefined) return { result: 'unflagged' }
    const { state } = JSON.parse(current.json) as SweepFlag
    return state === 'condemned' ? { remove: true, result: state } : { result: state }
  })
  if (state === 'deleting' || await headInTime(means, record.key) === undefined) throw gone(place)
}

/** Whether it leads to where this service keeps its tarballs, so that only a record could tell what is there. */
function isOurs (url: string, images: ImageStore): boolean {
  const key = keyInUrl(url)
  if (key === undefined) return false
  try {
    return url.replace(/[?#].*/s, '') === images.location(key)
  } catch (error) {
    // Without an address of its own the service has registered nothing under it.
    if (error instanceof LeporelloError && error.code === 'PUBLIC_URL_MISSING') return false
    throw error
  }
}

function gone (place: TarballPlace): LeporelloError {
  return new LeporelloError('TARBALL_GONE', `the tarball ${place.file} is not stored here, or no longer, since no container ` +
    'named it: upload it again', { details: { ...place } })
}

/** A store that is down is waited for no longer than the request lasts. */
async function headInTime ({ images, deadline }: Means, key: string): Promise<ObjectFacts | undefined> {
  const late = setTimeout(Math.max(0, deadline.remaining), undefined, { ref: false }).then(() => {
    throw new LeporelloError('STORE_UNAVAILABLE', 'The store for tarballs does not say in time whether it has the one that ' +
      'is to be registered; nothing was changed', { retryAfterSeconds: 1 })
  })
  return await Promise.race([images.head(key), late])
}

function outOfTime (): LeporelloError {
  return new LeporelloError('NOT_APPLIED', 'the tarballs that are named could not all be looked for in time; nothing was ' +
    'changed, and sending it again is safe', { retryAfterSeconds: 1 })
}
