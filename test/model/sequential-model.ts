import { isDeepStrictEqual } from 'node:util'
import type { Operation, Upload, Urls } from './operation.js'

/** What can be seen of an image: its url and own version and, of one that was uploaded, which it is. */
export interface Image {
  readonly url: string
  readonly version: string
  readonly sha256?: string
}

/** What can be seen of a document: each architecture's image, the fallback, the version. */
export interface Content {
  readonly images: Readonly<Record<string, Image>>
  readonly url: string | null
  readonly version: string
}

/** A container as the model has it. The tag is what an answer said it is; undefined where no answer told. */
export type State = null | { readonly content: Content, readonly tag: string | undefined }

export interface Stored {
  readonly url: string
  readonly sha256: string
}

/** A request as it was sent: with the tag that it demands, where it demands one. */
export interface Call {
  readonly operation: Operation
  readonly tag?: string | undefined
  /** Of an upload: the url that its tarball was stored under and what was sent; absent where it was not stored. */
  readonly stored?: Stored
}

/** What came of it; `code` is `done` or that of a refusal. */
export interface Answer {
  readonly code: string
  readonly tag?: string | undefined
  /** The document as the answer shows it; null when it says that there is none. */
  readonly content?: Content | null
  readonly outcome?: string
}

/**
 * The state after a request, by the rules and by nothing of the program; undefined when such an answer cannot be given
 * in such a state. Without an answer, the state after its effect: undefined when it would have none. After an attempt of
 * unknown outcome, to find that gone which was to go is success.
 */
export function step (state: State, call: Call, answer: Answer | undefined, afterUnknown = false): State | undefined {
  const { operation, tag } = call
  const next = contentAfter(state, call)
  const refusal = typeof next === 'string' ? next : undefined
  const holds = demandHolds(state, operation, tag)
  if (answer === undefined) return refusal !== undefined || holds === false ? undefined : stateOf(next as Content | null, undefined)
  if (afterUnknown && answer.code === 'done' && isGone(state, operation) && holds !== false) {
    return isDeepStrictEqual(answer.content, state?.content ?? null) ? state : undefined
  }
  if (refusal !== undefined) return answer.code === refusal ? state : undefined
  if (answer.code === 'PRECONDITION_FAILED') return holds === true ? undefined : state
  if (answer.code !== 'done' || holds === false) return undefined
  const content = next as Content | null
  if (answer.content !== undefined && !isDeepStrictEqual(answer.content, content)) return undefined
  if (content === null) return null
  const isSame = state !== null && isDeepStrictEqual(state.content, content)
  if (answer.outcome === 'created' && state !== null) return undefined
  if (answer.outcome === 'unchanged' && !isSame) return undefined
  const isKnown = state !== null && state.tag !== undefined && answer.tag !== undefined
  // What is the same need not look the same, but what looks the same is, and what changed looks different.
  if (isKnown && state.tag === answer.tag && !isSame) return undefined
  if (isKnown && operation.kind === 'info' && state.tag !== answer.tag) return undefined
  if (isKnown && answer.outcome === 'unchanged' && state.tag !== answer.tag) return undefined
  return stateOf(content, answer.tag ?? (operation.kind === 'info' ? state?.tag : undefined))
}

function isGone (state: State, operation: Operation): boolean {
  if (operation.kind === 'remove') return state === null
  return operation.kind === 'detach' && state !== null && !Object.hasOwn(state.content.images, operation.architecture)
}

function stateOf (content: Content | null, tag: string | undefined): State {
  return content === null ? null : { content, tag }
}

/** The content after a request whose demand holds, or the code of its refusal. */
function contentAfter (state: State, { operation, stored }: Call): Content | null | string {
  switch (operation.kind) {
    case 'info': return state?.content ?? null
    case 'add':
    case 'replace': return contentOf(operation.urls, operation.version, {})
    case 'merge': return contentOf(operation.urls, operation.version, state?.content.images ?? {})
    case 'upload': return stored === undefined ? 'NOT_STORED' : afterUpload(state, operation, stored)
    case 'remove': return state === null ? 'CONTAINER_UNKNOWN' : null
    case 'detach': {
      if (state === null) return 'CONTAINER_UNKNOWN'
      const { [operation.architecture]: gone, ...images } = state.content.images
      if (gone === undefined) return 'ARCHITECTURE_MISSING'
      if (Object.keys(images).length === 0) return 'LAST_ARCHITECTURE'
      return { images, url: images['amd64']?.url ?? null, version: state.content.version }
    }
  }
}

function contentOf (urls: Urls, version: string, others: Content['images']): Content {
  return contentWith(Object.fromEntries(Object.entries(urls).map(([architecture, url]) => [architecture, { url, version }])), version, others)
}

function contentWith (sent: Content['images'], version: string, others: Content['images']): Content {
  const images = { ...others, ...sent }
  return { images, url: images['amd64']?.url ?? null, version }
}

/** A merge of an image that stands there already leaves it where it is; a replacement takes the tarball that was sent. */
function afterUpload (state: State, { mode, architecture, version }: Upload, { url, sha256 }: Stored): Content {
  const others = mode === 'merge' ? state?.content.images ?? {} : {}
  const standing = others[architecture]
  const isThere = standing !== undefined && standing.sha256 === sha256
  return contentWith({ [architecture]: { url: isThere ? standing.url : url, version, sha256 } }, version, others)
}

/** undefined when it cannot be said, since the state's tag is not known. */
function demandHolds (state: State, operation: Operation, tag: string | undefined): boolean | undefined {
  if (!('demand' in operation)) return true
  switch (operation.demand) {
    case 'nothing': return true
    case 'any': return state !== null
    case 'absent': return state === null
    case 'last seen':
      if (tag === undefined) return true
      if (state === null) return false
      return state.tag === undefined ? undefined : state.tag === tag
  }
}
