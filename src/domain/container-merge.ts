import { LeporelloError } from '../errors.js'
import { compareArchitectures, parseArchitecture, type Architecture } from './architecture.js'
import { ContainerDocument } from './container-document.js'
import type { Change, ShownSet } from './container.js'
import type { ImageRecord } from './image-record.js'
import { parseDocumentId } from './document-id.js'
import { parseFreeText } from './free-text.js'
import { baseNameOf, parseImageUrl } from './image-url.js'
import { ImageUrls } from './image-urls.js'
import { quoted } from './quoted.js'
import type { RegisteredUrls } from './registered-urls.js'

/** Images of some architectures, to be registered beside those of the others. */
export interface ContainerMerge {
  readonly id: string
  readonly version: string
  /** The image id the client sent. It speaks of these images alone. */
  readonly digest?: string | undefined
  readonly urls: ImageUrls
  /** What was proved of them, where they were uploaded through this service. */
  readonly images?: readonly ImageRecord[]
}

/** What a client sends, as text; what is empty counts as absent. */
export interface ContainerMergeText {
  readonly name: string
  readonly version: string
  readonly digest: string | undefined
  /** JSON text. */
  readonly urls: string | undefined
  /** One architecture and its url, instead of `urls`. */
  readonly architecture: string | undefined
  readonly url: string | undefined
}

type Records = ReadonlyMap<Architecture, ImageRecord>

export function parseContainerMerge ({ name, version, digest, urls, architecture, url }: ContainerMergeText): ContainerMerge {
  const id = parseDocumentId('name', name)
  return {
    id,
    version: parseFreeText('version', version),
    digest: digest ? parseFreeText('digest', digest) : undefined,
    urls: urls ? listedUrls(urls, architecture, url) : loneUrl(architecture, url)
  }
}

function listedUrls (urls: string, architecture: string | undefined, url: string | undefined): ImageUrls {
  if (architecture || url) {
    throw new LeporelloError('PARAMETER_INVALID', 'either urls, or architecture and url, can be merged, not both',
      { details: { parameter: 'urls' } })
  }
  return ImageUrls.parse(urls)
}

function loneUrl (architecture: string | undefined, url: string | undefined): ImageUrls {
  if (!architecture || !url) {
    throw new LeporelloError('PARAMETER_MISSING',
      'urls must be supplied, or architecture and url: a merge has to say for which architecture an image is')
  }
  // Here it is no key of urls, and is not called one when it is wrong.
  parseArchitecture(architecture)
  return ImageUrls.parse(JSON.stringify({ [architecture]: parseImageUrl('url', url) }))
}

/**
 * The document after a merge: those architectures are added or replaced, everything else stays. It is the present
 * document itself when all of it is there already: an image is the same one when its checksum is, or where that is not
 * known of both, its url.
 *
 * @throws LeporelloError `DIGEST_MISMATCH` when the digest is of none of the images.
 */
export function mergedDocument (
  merge: ContainerMerge, current: ContainerDocument | undefined, change: Change, shown?: ShownSet
): ContainerDocument {
  const before = current ?? ContainerDocument.empty(merge.id)
  const records = new Map<Architecture, ImageRecord>(keptRecords(before, merge.version))
  const urls = new Map<Architecture, string>()
  const replaced: string[] = []
  for (const architecture of merge.urls.architectures) {
    const sent = sentRecord(merge, architecture)
    const [standing, standingUrl] = [before.records.get(architecture), before.urls.get(architecture)]
    const url = merge.urls.get(architecture)!
    if (standingUrl !== undefined && isSameImage(standing, standingUrl, sent, url)) {
      records.set(architecture, joinedRecord(standing, sent, standingUrl))
    } else {
      urls.set(architecture, url)
      records.set(architecture, sent)
      if (standing?.image_id !== undefined) replaced.push(standing.image_id)
    }
  }
  checkDigest(merge, records)
  const after = before.urls.with(urls)
  // Without an id, or with another, HySDS finds no image by what it calls the container.
  const fields = { id: merge.id, ...digestField(before, after, records, replaced), version: merge.version, ...shown }
  return before.changed(fields, after, tellingRecords(records, merge.version), change)
}

/**
 * The document without one architecture.
 *
 * @throws LeporelloError `ARCHITECTURE_MISSING` when it has none such, `LAST_ARCHITECTURE` when it has no other.
 */
export function detachedDocument (architecture: Architecture, current: ContainerDocument, id: string, change: Change): ContainerDocument {
  const { architectures } = current.urls
  if (!architectures.includes(architecture)) throw architectureMissing(id, architecture, architectures)
  if (architectures.length === 1) {
    throw new LeporelloError('LAST_ARCHITECTURE', `${architecture} is the only architecture of ${id}: remove the container instead`,
      { details: { id, architecture } })
  }
  const records = new Map(current.records)
  records.delete(architecture)
  const gone = current.records.get(architecture)?.image_id
  const after = current.urls.without(architecture)
  return current.changed(digestField(current, after, records, gone === undefined ? [] : [gone]), after, records, change)
}

export function architectureMissing (id: string, architecture: Architecture, available: readonly Architecture[]): LeporelloError {
  const has = available.length === 0 ? 'it has none that can be used' : `it has ${available.join(', ')}`
  return new LeporelloError('ARCHITECTURE_MISSING', `${id} has no image for ${architecture}; ${has}`,
    { details: { id, architecture, available } })
}

/** The others' records; each image that was registered under the version that now changes gets to keep it. */
function keptRecords (before: ContainerDocument, version: string): Array<[Architecture, ImageRecord]> {
  const own = before.text('version')
  return before.urls.architectures.flatMap((architecture): Array<[Architecture, ImageRecord]> => {
    const record = before.records.get(architecture)
    if (record !== undefined) return [[architecture, record]]
    if (own === undefined || own === version) return []
    const file = baseNameOf(before.urls.get(architecture)!)
    return [[architecture, { architecture, file, digests: [], version: own, verified: false }]]
  })
}

/**
 * The images of a merge, each with what is known of it.
 *
 * @throws LeporelloError `DIGEST_MISMATCH` when the digest is of none of them.
 */
export function sentImages (merge: ContainerMerge): Array<{ architecture: Architecture, url: string, record: ImageRecord }> {
  const images = merge.urls.architectures.map(architecture =>
    ({ architecture, url: merge.urls.get(architecture)!, record: sentRecord(merge, architecture) }))
  checkDigest(merge, new Map(images.map(({ architecture, record }) => [architecture, record])))
  return images
}

function sentRecord ({ images, urls, version, digest }: ContainerMerge, architecture: Architecture): ImageRecord {
  const proved = images?.find(image => image.architecture === architecture)
  if (proved !== undefined) return proved
  const file = baseNameOf(urls.get(architecture)!)
  const isIts = digest !== undefined && urls.architectures.length === 1
  return {
    architecture, file, ...isIts && { image_id: digest }, digests: isIts ? [digest] : [], version, verified: false
  }
}

/** Whether it is the same image: by its checksum, or where that is not known of both, by its url. */
export function isSameImage (standing: ImageRecord | undefined, standingUrl: string, sent: ImageRecord, url: string): boolean {
  const variants = [standing?.variant, sent.variant]
  if (!variants.includes(undefined) && variants[0] !== variants[1]) return false
  return standing?.sha256 !== undefined && sent.sha256 !== undefined ? standing.sha256 === sent.sha256 : standingUrl === url
}

/** What is known of an image that is sent once more: what was proved wins over what is said. */
export function joinedRecord (standing: ImageRecord | undefined, sent: ImageRecord, url: string): ImageRecord {
  const saysMore = standing === undefined || (standing.sha256 === undefined && (sent.sha256 ?? sent.image_id) !== undefined)
  return { ...saysMore ? sent : standing, file: baseNameOf(url), version: sent.version }
}

function checkDigest ({ digest, urls: { architectures } }: ContainerMerge, records: Records): void {
  if (digest === undefined) return
  const proved = architectures.map(architecture => records.get(architecture)!).filter(({ sha256 }) => sha256 !== undefined)
  if (proved.length === 0 && architectures.length === 1) return
  if (proved.some(({ digests, image_id: id }) => id === digest || digests.includes(digest))) return
  throw new LeporelloError('DIGEST_MISMATCH', proved.length === 0
    ? `digest is one image's id, and these are ${architectures.join(', ')}: merge them one by one, or leave it out`
    : `digest ${quoted(digest)} is not the id of an image that was proved for ${architectures.join(', ')}`,
  { details: { digest } })
}

/**
 * amd64's id where it has one, else the id that stands if it can still be right, else the first that is known. Without
 * amd64 a known one goes before the one that stands.
 */
function digestField (before: ContainerDocument, urls: RegisteredUrls, records: Records, gone: readonly string[]): { digest?: string | undefined } {
  const known = urls.architectures.flatMap(architecture => records.get(architecture)?.image_id ?? [])
  const [first] = [...urls.architectures].sort(compareArchitectures)
  // A foreign one that is no text is not ours to judge.
  const standing = before.text('digest')
  if (standing === undefined && known.length === 0) return {}
  const stood = standing || undefined
  const stands = stood !== undefined && gone.includes(stood) && !known.includes(stood) ? undefined : stood
  if (first !== 'amd64') return { digest: known[0] ?? stands }
  return { digest: records.get(first)?.image_id ?? stands ?? known[0] }
}

/** Records that say nothing which the document does not say itself are left out. */
function tellingRecords (records: Records, version: string): Records {
  return new Map([...records].filter(([, record]) =>
    record.sha256 !== undefined || record.image_id !== undefined || record.digests.length > 0 || record.version !== version))
}
