import { decodeTime } from 'ulid'
import { placeOf, tarballOfFacts, type TarballPlace } from '../domain/tarball-key.js'
import type { ImageStore } from '../ports/image-store.js'

/** A tarball with the facts beside it, or what is left of the two. */
export interface KeptTarball {
  /** Of the tarball, also when only its facts are left. */
  readonly key: string
  readonly place: TarballPlace
  /** Of both. */
  readonly size: number
  /** Whether the tarball itself is there. */
  readonly whole: boolean
  /** The younger of the upload's start and the last change in the store, in milliseconds. */
  readonly youngest: number
}

export const TARBALLS_PREFIX = 'containers/'

/** What lies in the store under keys of ours, by the key of the tarball; whose it is, its metadata tells. `onPage` may throw. */
export async function keptTarballs (images: ImageStore, onPage: () => void): Promise<Map<string, KeptTarball>> {
  const kept = new Map<string, KeptTarball>()
  for await (const page of images.list(TARBALLS_PREFIX)) {
    onPage()
    for (const { key, size, lastModified } of page) {
      const tarball = tarballOfFacts(key) ?? key
      const place = placeOf(tarball)
      if (place === undefined) continue
      const known = kept.get(tarball)
      kept.set(tarball, {
        key: tarball,
        place,
        size: size + (known?.size ?? 0),
        whole: key === tarball || known?.whole === true,
        youngest: Math.max(uploadedAt(place.ulid), lastModified.getTime(), known?.youngest ?? 0)
      })
    }
  }
  return kept
}

/** When the upload of that ULID began, by the clock of the service that took it. */
export function uploadedAt (ulid: string): number {
  return decodeTime(ulid)
}
