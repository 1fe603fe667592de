import type { Deadline } from '../deadline.js'
import type { Architecture } from '../domain/architecture.js'
import { runnableOn } from '../domain/architecture-match.js'
import { ContainerDocument } from '../domain/container-document.js'
import type { DocumentIndex, StoredDocument } from '../ports/document-index.js'
import { inTurns } from './turns.js'

/** What has to be true of a container. */
export interface SearchFilter {
  /** Part of its id, letter for letter. */
  readonly q?: string | undefined
  /** It has an image that such a machine can run. */
  readonly arch?: Architecture | undefined
  /** It has none. */
  readonly missing?: Architecture | undefined
  /** Of the whole, letter for letter. */
  readonly version?: string | undefined
}

export interface SearchPage {
  /** JSON texts as they are stored, in the order of their ids. */
  readonly containers: readonly string[]
  /** Where to go on: the last id that was looked at. Absent when there is no more. */
  readonly after?: string
}

export interface SearchRequest extends SearchFilter {
  readonly size: number
  /** Look at ids that come after this one only. */
  readonly after?: string | undefined
}

/** How many documents are read for a page at most; where few of them fit, the page is short. */
const MOST_READ = 5000
const READ_AT_ONCE = 250

/** A page ends with the container that makes it larger than this, in characters; others may have written giants. */
const MOST_CHARACTERS = 8 * 2 ** 20

/**
 * One page of the containers that fit, in the order of their ids. All is decided here and nothing by the index but the
 * order, so every index gives the same answer. `begin` gives a deadline from now on: reading the documents has one of its
 * own, since a long list may take longer than the first.
 */
export async function searchContainers (
  index: DocumentIndex, request: SearchRequest, begin: () => Deadline
): Promise<SearchPage> {
  const { size, after: start } = request
  const containers: string[] = []
  let after = start
  let [read, characters] = [0, 0]
  const listing = begin()
  let reading: Deadline | undefined
  await index.refresh('container', listing)
  for await (const ids of candidates(index, request, listing)) {
    const deadline = reading ??= begin()
    const documents = await Promise.all(ids.map(id => index.get('container', id, deadline)))
    for await (const [at, document] of inTurns(documents)) {
      after = ids[at]!
      if (document === undefined || !fits(document, request)) continue
      containers.push(document.json)
      characters += document.json.length
      if (containers.length === size || characters > MOST_CHARACTERS) return { containers, after }
    }
    read += ids.length
    if (read >= MOST_READ) return { containers, after: after! }
  }
  return { containers }
}

/** The ids that can fit, so many at a time; the last ones of a page of the index come with fewer. */
async function * candidates (
  index: DocumentIndex, { q = '', after }: SearchRequest, deadline: Deadline
): AsyncGenerator<readonly string[]> {
  for await (const page of index.ids('container', { deadline, ...after !== undefined && { after } })) {
    const ids = q === '' ? page : page.filter(id => id.includes(q))
    for (let at = 0; at < ids.length; at += READ_AT_ONCE) yield ids.slice(at, at + READ_AT_ONCE)
  }
}

function fits ({ json }: StoredDocument, { arch, missing, version }: SearchFilter): boolean {
  if (arch === undefined && missing === undefined && version === undefined) return true
  const document = ContainerDocument.parse(json)
  const has = (architecture: Architecture) =>
    runnableOn(architecture).some(candidate => document.urls.get(candidate) !== undefined)
  return (version === undefined || document.text('version') === version) &&
    (arch === undefined || has(arch)) && (missing === undefined || !has(missing))
}
