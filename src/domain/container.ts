import { isDeepStrictEqual } from 'node:util'
import { LeporelloError } from '../errors.js'
import { parseArchitecture, type Architecture } from './architecture.js'
import { parseDocumentId } from './document-id.js'
import { parseFreeText } from './free-text.js'
import { parseImageUrl } from './image-url.js'
import type { ImageRecord } from './image-record.js'
import { ImageUrls } from './image-urls.js'
import { RegisteredUrls } from './registered-urls.js'

/** A container as a client registers it: which image tarball to load on which architecture. */
export interface Container {
  readonly id: string
  /** Free text. */
  readonly version: string
  /** The image id the client sent (`docker inspect .Id`); one value, whatever the number of architectures. */
  readonly digest: string
  /** Where workers that know nothing of architectures load from: the amd64 tarball, or null. Never empty. */
  readonly url: string | null
  readonly urls: ImageUrls | undefined
  /** What was proved of the images, where they were uploaded through this service. */
  readonly images?: readonly ImageRecord[]
}

/** What a client sends, as text; an empty `url` or `urls` counts as absent. */
export interface ContainerText {
  readonly name: string
  readonly version: string
  readonly digest: string
  readonly url: string | undefined
  readonly urls: string | undefined
}

/** Who changed a document, and when. */
export interface Change {
  readonly at: Date
  readonly by: string
}

/** Which build or set a document shows, where a change decides it. */
export interface ShownSet {
  readonly build: string | undefined
  /** The id of its place among the sets. */
  readonly set: string
}

export function parseContainer (text: ContainerText): Container {
  const id = parseDocumentId('name', text.name)
  const urls = text.urls ? ImageUrls.parse(text.urls) : undefined
  const url = text.url ? parseImageUrl('url', text.url) : urls?.amd64 ?? null
  if (url === null && urls === undefined) {
    throw new LeporelloError('PARAMETER_MISSING',
      'at least one of url and urls must be supplied and not empty: a worker would have nothing to load')
  }
  return { id, version: parseFreeText('version', text.version), digest: parseFreeText('digest', text.digest), url, urls }
}

/**
 * The document of a plain add over what is stored now (JSON text): the container replaces the whole document, but
 * `set` stays, since it says which set the name has reached, unless the add is of a named build (`shown`). When nothing
 * else would change the present document is returned as it is, so that a repeat is recognised as one.
 */
export function addedDocument (
  container: Container, current: string | undefined, change: Change, shown?: ShownSet
): string {
  const before = current === undefined ? undefined : JSON.parse(current) as Record<string, unknown>
  const set = shown?.set ?? before?.['set']
  const facts = {
    id: container.id,
    digest: container.digest,
    url: container.url,
    version: container.version,
    ...container.urls && { urls: container.urls.text },
    ...container.images && { images: container.images },
    ...shown?.build !== undefined && { build: shown.build },
    ...set !== undefined && { set }
  }
  if (before !== undefined && sameFacts(before, facts)) return current as string
  return JSON.stringify({ ...facts, updated_at: change.at.toISOString(), updated_by: change.by })
}

function sameFacts (before: Record<string, unknown>, facts: Record<string, unknown>): boolean {
  const { updated_at: at, updated_by: by, ...rest } = before
  return typeof at === 'string' && typeof by === 'string' &&
    Object.keys(rest).length === Object.keys(facts).length &&
    Object.entries(facts).every(([key, value]) => isDeepStrictEqual(rest[key], value))
}

/** The architectures of a stored document (JSON text), whoever wrote it, that the container has not. */
export function droppedArchitectures (current: string | undefined, { url, urls }: Container): Architecture[] {
  if (current === undefined) return []
  const has = new Set(urls?.architectures ?? [])
  if (url !== null) has.add(parseArchitecture('amd64'))
  return RegisteredUrls.of(JSON.parse(current) as object).architectures.filter(name => !has.has(name))
}
