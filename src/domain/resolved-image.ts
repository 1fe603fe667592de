import { boundedList } from './architecture-list.js'
import { parseArchitecture, type Architecture } from './architecture.js'
import { runnableOn } from './architecture-match.js'
import type { ContainerDocument } from './container-document.js'
import { architectureMissing } from './container-merge.js'
import type { RegisteredUrls } from './registered-urls.js'

/** Which architectures are asked for, in order of preference. */
export interface Wanted {
  readonly architecture: Architecture
  /** Other ones that will do when there is nothing for it; empty unless the client lists them. */
  readonly fallback: readonly Architecture[]
}

/** Reads what a client sends: an architecture, and perhaps others, separated by commas; each counts once. */
export function parseWanted (architecture: string, fallback: string | undefined): Wanted {
  const others = fallback ? boundedList('fallback', fallback).split(',').map(name => parseArchitecture(name.trim())) : []
  return { architecture: parseArchitecture(architecture), fallback: [...new Set(others)] }
}

/** What a worker of an architecture loads. What is not known is null. */
export interface ResolvedImage {
  readonly id: string
  readonly version: string | null
  readonly architecture: Architecture
  readonly variant: string | null
  readonly url: string
  readonly image_id: string | null
  readonly digests: readonly string[]
  readonly sha256: string | null
  readonly size: number | null
}

/**
 * The image for an architecture, or else for the highest of its variants that the machine can run too, or else for
 * what the client lists as a fallback.
 *
 * @throws LeporelloError `ARCHITECTURE_MISSING` with those that are `available`.
 */
export function resolveImage (id: string, document: ContainerDocument, wanted: Wanted): ResolvedImage {
  const { architecture, url } = chooseUrl(id, document.urls, wanted)
  const record = document.records.get(architecture)
  return {
    id,
    version: document.versionOf(architecture) ?? null,
    architecture,
    variant: record?.variant ?? architecture.split('/')[1] ?? null,
    url,
    image_id: record?.image_id ?? null,
    digests: record?.digests ?? [],
    sha256: record?.sha256 ?? null,
    size: record?.size ?? null
  }
}

/** @throws LeporelloError as `resolveImage` does. */
export function chooseUrl (
  id: string, urls: RegisteredUrls, { architecture, fallback }: Wanted
): { readonly architecture: Architecture, readonly url: string } {
  for (const candidate of [architecture, ...fallback].flatMap(runnableOn)) {
    const url = urls.get(candidate)
    if (url !== undefined) return { architecture: candidate, url }
  }
  throw architectureMissing(id, architecture, urls.architectures)
}
