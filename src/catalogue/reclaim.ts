import { setTimeout } from 'node:timers/promises'
import type { Container } from '../domain/container.js'
import { placeInUrl, type TarballPlace } from '../domain/tarball-key.js'
import type { Deadline } from '../deadline.js'
import { LeporelloError } from '../errors.js'
import type { DocumentIndex } from '../ports/document-index.js'
import type { ImageStore, ObjectFacts } from '../ports/image-store.js'
import { changeDocument } from './change.js'
import { flagId, type SweepFlag } from './sweep-flag.js'
import type { UploadRecords } from './upload-records.js'

interface Means {
  readonly index: DocumentIndex
  readonly images: ImageStore
  readonly records: UploadRecords
  readonly deadline: Deadline
}

/** The places of what is named that look like those of our tarballs; mostly none. */
export function placesNamedBy ({ url, urls }: Pick<Container, 'url' | 'urls'>): TarballPlace[] {
  const named = [...url === null ? [] : [url], ...(urls?.architectures ?? []).map(name => urls!.get(name)!)]
  return [...new Set(named)].flatMap(each => placeInUrl(each) ?? [])
}

/**
 * Keeps the tarballs of ours that a client registers again (a roll-back, a copy) from the sweep. First the flag and
 * then the object: looking for the object first would miss a sweep that ends in between.
 *
 * @throws LeporelloError `TARBALL_GONE` for one that the sweep removed or is removing.
 */
export async function reclaimTarballs (means: Means, places: readonly TarballPlace[]): Promise<void> {
  for (const place of places) await reclaim(means, place)
}

async function reclaim (means: Means, place: TarballPlace): Promise<void> {
  const record = await means.records.find(place)
  // Not one of ours, whatever it looks like.
  if (record === undefined) return
  const { index, deadline } = means
  const state = await changeDocument({ index, kind: 'meta', id: flagId(place), deadline }, ({ current }) => {
    if (current === undefined) return { result: 'unflagged' }
    const { state } = JSON.parse(current.json) as SweepFlag
    return state === 'condemned' ? { remove: true, result: state } : { result: state }
  })
  if (state === 'deleting' || await headInTime(means, record.key) === undefined) {
    throw new LeporelloError('TARBALL_GONE',
      `the tarball ${place.file} is no longer stored, since no container named it: upload it again`, { details: { ...place } })
  }
}

/** A store that is down is waited for no longer than the request lasts. */
async function headInTime ({ images, deadline }: Means, key: string): Promise<ObjectFacts | undefined> {
  const late = setTimeout(Math.max(0, deadline.remaining), undefined, { ref: false }).then(() => {
    throw new LeporelloError('STORE_UNAVAILABLE', 'The store for tarballs does not say in time whether it has the one that ' +
      'is to be registered; nothing was changed', { retryAfterSeconds: 1 })
  })
  return await Promise.race([images.head(key), late])
}
