import { isValid } from 'ulid'
import { placeOf } from '../domain/tarball-key.js'
import { Deadline } from '../deadline.js'
import { keptTarballs, uploadedAt, type KeptTarball } from './kept-tarballs.js'
import { namingDocuments, UnnamedTarballs } from './named-tarballs.js'
import { SweepFlags, type SweepFlag } from './sweep-flags.js'
import { SweepStop } from './sweep-stop.js'
import type { SweepOptions } from './sweep.js'
import { UPLOAD_PREFIX, type UploadRecord } from './upload-records.js'

/** What a sweep rests its verdicts on. */
export interface SweepView {
  readonly tarballs: ReadonlyMap<string, KeptTarball>
  readonly flags: ReadonlyMap<string, SweepFlag>
  /** The keys of those that are older than the grace. */
  readonly old: ReadonlySet<string>
  readonly young: number
  /** The old ones, the flagged ones and those of `emptyUploads`, as far as no document names them. */
  readonly unnamed: UnnamedTarballs
  /** The uploads older than the grace of which the store's list shows nothing, with the keys of what was. */
  readonly emptyUploads: ReadonlyMap<string, readonly string[]>
}

/**
 * Looks at the objects, then at the flags and records, and only then at the documents: what is named by the time the
 * documents are read is never taken for unnamed, however long the rest took.
 */
export async function lookAround (options: SweepOptions, now: Date, signal?: AbortSignal): Promise<SweepView> {
  const isOld = (since: number) => now.getTime() - since > options.graceMs
  const goOn = () => { if (signal?.aborted === true) throw new SweepStop('it was told to stop') }
  const tarballs = await keptTarballs(options.images, goOn)
  const flags = await new SweepFlags(options).all()
  const emptyUploads = await findEmptyUploads(options, tarballs, isOld, goOn)
  const old = new Set([...tarballs.values()].filter(({ youngest }) => isOld(youngest)).map(({ key }) => key))
  const sought = new Set([...old, ...flags.keys(), ...[...emptyUploads.values()].flat()])
  const unnamed = new UnnamedTarballs([...sought].map(key => placeOf(key)!))
  for await (const { json } of namingDocuments(options)) {
    goOn()
    unnamed.see(json)
  }
  return { tarballs, flags, old, young: tarballs.size - old.size, unnamed, emptyUploads }
}

async function findEmptyUploads (
  { index, requestTimeoutMs }: SweepOptions, tarballs: ReadonlyMap<string, KeptTarball>, isOld: (since: number) => boolean, goOn: () => void
): Promise<Map<string, string[]>> {
  const stored = new Set([...tarballs.values()].map(({ place: { ulid } }) => ulid))
  const empty = new Map<string, string[]>()
  for await (const page of index.ids('meta', { after: UPLOAD_PREFIX })) {
    for (const id of page) {
      goOn()
      const ulid = id.slice(UPLOAD_PREFIX.length)
      if (!id.startsWith(UPLOAD_PREFIX) || stored.has(ulid) || !isValid(ulid) || !isOld(uploadedAt(ulid))) continue
      const document = await index.get('meta', id, Deadline.in(requestTimeoutMs))
      if (document === undefined) continue
      const { tarballs: recorded } = JSON.parse(document.json) as UploadRecord
      empty.set(ulid, recorded.map(({ key }) => key).filter(key => placeOf(key) !== undefined))
    }
  }
  return empty
}
