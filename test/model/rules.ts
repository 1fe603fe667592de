import { isDeepStrictEqual } from 'node:util'
import type { Belonging, Operation } from './operation.js'
import {
  contentOf, isBy, isOpen, latestOf, over, sorted, withSet, type BuildSet, type Image, type Images, type State
} from './state.js'

// The table of what requests do, written down once more, from the protocol and from nothing of the program.

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

/** What a request comes to in a state. */
export type Effect =
  | { readonly refusal: string }
  /** Nothing, before the complete set of this name is published. */
  | { readonly delayed: true }
  /** It completes a set, which is to be published. */
  | { readonly completes: State }
  | {
    readonly state: State
    /** The set that a merge goes on waiting in, or that was abandoned. */
    readonly set?: BuildSet
    /** Of a request that is made up of two writes, the state between them. */
    readonly between?: State
  }

interface Sent extends Belonging {
  readonly images: Images
  readonly version: string
}

/**
 * `number` is the request's own. One that has found or taken the place of its build may go on to the registration
 * without looking at the sets once more.
 */
export function effectsOf (state: State, call: Call, number: number): Effect[] {
  const { operation } = call
  const own = state.sets.findLastIndex(set => set.state === 'direct' && isBy(set, number))
  const reached = state.registration?.set ?? -1
  const isPassed = operation.kind === 'merge' ? reached >= own : reached > own
  if (own === -1 || isPassed || !('demand' in operation && 'version' in operation)) return [effectOf(state, call, number)]
  const content = contentOf(imagesOf(call), operation.version, operation.build)
  return [{ state: { registration: { content, set: own, tag: undefined }, sets: state.sets } }, effectOf(state, call, number)]
}

/**
 * What else a merge may come to among others: it has read the registration before another request of its build wrote it,
 * and only then the sets, so that it waits though its build is shown. The README says how to keep clear of it.
 */
export function effectsBehind (state: State, call: Call, number: number): Effect[] {
  const { operation, stored } = call
  const isMerge = operation.kind === 'merge' || (operation.kind === 'upload' && operation.mode === 'merge' && stored !== undefined)
  if (!isMerge || operation.build === undefined || state.registration?.content.build !== operation.build) return []
  const at = latestOf(state.sets, operation.build, operation.version)
  const known = state.sets[at]
  if (known === undefined || known.state === 'complete' || (known.version !== operation.version && known.state !== 'expired')) return []
  if ((operation.expect ?? []).length === 0 && known.state !== 'waiting') return []
  return [joinedSet(state, { ...operation, images: imagesOf(call) }, at, number)].filter(effect => 'state' in effect)
}

function effectOf (state: State, call: Call, number: number): Effect {
  const { operation } = call
  const { registration, sets } = state
  switch (operation.kind) {
    case 'info':
    case 'pending': return { state }
    case 'replace': return { state: { registration: { content: contentOf(imagesOf(call), operation.version, undefined), tag: undefined }, sets } }
    case 'add': return added(state, { ...operation, images: imagesOf(call) }, number)
    case 'merge': return merged(state, { ...operation, images: imagesOf(call) }, number)
    case 'upload':
      if (call.stored === undefined) return { refusal: 'NOT_STORED' }
      return (operation.mode === 'merge' ? merged : added)(state, { ...operation, images: imagesOf(call) }, number)
    case 'remove':
      return registration === null ? { refusal: 'CONTAINER_UNKNOWN' } : { state: { registration: null, sets: closedSets(state)?.sets ?? sets } }
    case 'detach': return detached(state, operation.architecture)
    case 'abandon': return abandoned(state, operation)
    case 'expire': return { state: { registration, sets: sets.map(set => set.state === 'waiting' ? over(set, 'expired') : set) } }
  }
}

/** What becomes of the complete set: the registration is written with it, unless it shows a later one. */
export function publishedState (state: State): State | undefined {
  const at = state.sets.findIndex(set => set.state === 'complete')
  const set = state.sets[at]
  if (set === undefined || set.shown || isPassed(state, at)) return undefined
  const registration = { content: contentOf(set.images, set.version, set.build), set: at, tag: undefined }
  return { registration, sets: state.sets.with(at, { ...set, shown: true }) }
}

/** The sets once the complete one is closed; undefined while it has still to be shown. */
export function closedSets (state: State): State | undefined {
  const { registration, sets } = state
  const at = sets.findIndex(set => set.state === 'complete')
  if (at === -1) return undefined
  if (isPassed(state, at)) return { registration, sets: sets.with(at, over(sets[at]!, 'superseded')) }
  if (!sets[at]!.shown) return undefined
  return {
    registration,
    sets: sets.map((set, index) =>
      index === at ? over(set, 'published') : index < at && set.state === 'waiting' ? over(set, 'superseded') : set)
  }
}

function isPassed ({ registration }: State, at: number): boolean {
  return (registration?.set ?? -1) > at
}

function imagesOf ({ operation, stored }: Call): Record<string, Image> {
  if (operation.kind === 'upload') return { [operation.architecture]: { ...stored!, version: operation.version } }
  if (!('urls' in operation)) return {}
  return Object.fromEntries(Object.entries(operation.urls).map(([name, url]) => [name, { url, version: operation.version }]))
}

/** A plain add replaces all, and keeps the place that was reached; one of a build takes a new place at the end. */
function added (state: State, { images, version, build }: Sent, number: number): Effect {
  const content = contentOf(images, version, build)
  if (build === undefined) {
    const { registration, sets } = state
    return { state: { registration: { content, ...registration?.set !== undefined && { set: registration.set }, tag: undefined }, sets } }
  }
  // Which place it took is not known any more after an attempt to take it that came late.
  const between = withSet(state, state.sets.length, { ...newSet({ images, version, build }, 'direct'), by: [number] }, 'insert')
  const last = state.sets.at(-1)
  const { sets } = last?.state === 'direct' && isBy(last, number) ? state : between
  return { state: { registration: { content, set: sets.length - 1, tag: undefined }, sets }, between }
}

function merged (state: State, sent: Sent, number: number): Effect {
  const { registration, sets } = state
  const { build, expect = [], version } = sent
  if (build === undefined && expect.length === 0) return { state: joinedRegistration(state, sent) }
  const at = latestOf(sets, build, version)
  const known = sets[at]
  if (build !== undefined) {
    const isShown = registration?.content.build === build
    if (!isShown && known !== undefined && (registration?.set ?? -1) >= at) return { refusal: 'SUPERSEDED' }
    const agreed = known === undefined ? isShown ? registration.content.version : version : known.version
    if (agreed !== version && known?.state !== 'expired') return { refusal: 'VERSION_MISMATCH' }
    if (isShown) return { state: joinedRegistration(state, sent) }
  } else if (known !== undefined && !isOpen(known) && registration?.set === at) {
    const joined = joinedRegistration(state, sent)
    if (isDeepStrictEqual(joined.registration!.content, registration.content)) return { state: joined }
  }
  if (known?.state === 'complete') return { delayed: true }
  if (expect.length > 0 || known?.state === 'waiting') return joinedSet(state, sent, at, number)
  const between = known?.state === 'direct'
    ? withSet(state, at, { ...known, by: [...new Set([...known.by ?? [], number])].sort((a, b) => a - b) }, 'replace')
    : placed(state, { ...newSet(sent, 'direct'), by: [number] }, at)
  const set = known?.state === 'direct' ? at : placeOf(sent, state, at)
  const content = contentOf(sent.images, version, build)
  return { state: { registration: { content, set, tag: undefined }, sets: between.sets }, between }
}

function joinedRegistration ({ registration, sets }: State, { images, version }: Sent): State {
  const content = contentOf(joinedImages(registration?.content.images ?? {}, images), version, registration?.content.build)
  return { registration: { ...registration, content, tag: undefined }, sets }
}

function joinedSet (state: State, sent: Sent, at: number, number: number): Effect {
  const known = state.sets[at]
  const isWaiting = known?.state === 'waiting'
  const set = isWaiting ? known : newSet(sent, 'waiting')
  const images = joinedImages(set.images, sent.images)
  const expect = [...new Set([...set.expect, ...sent.expect ?? []])].sort()
  const joined: BuildSet = { ...set, images, expect }
  const put = (set: BuildSet) => isWaiting ? withSet(state, at, set, 'replace') : placed(state, set, at)
  if (!expect.every(name => Object.hasOwn(images, name))) return { state: put(joined), set: joined }
  if (state.sets.some(({ state }) => state === 'complete')) return { delayed: true }
  return { completes: put({ ...joined, state: 'complete', by: [number] }) }
}

/** An image that is there already stays where it is. */
function joinedImages (standing: Images, sent: Images): Images {
  const joined = Object.entries(sent).map(([name, image]) => {
    const there = standing[name]
    const [a, b] = [there?.sha256, image.sha256]
    const isSame = there !== undefined && (a !== undefined && b !== undefined ? a === b : there.url === image.url)
    return [name, isSame ? { ...there, ...image, url: there.url, ...a !== undefined && { sha256: a } } : image] as const
  })
  return sorted({ ...standing, ...Object.fromEntries(joined) })
}

function newSet ({ build, version, expect = [] }: Sent, state: BuildSet['state']): BuildSet {
  return { ...build !== undefined && { build }, version, expect: [...expect].sort(), images: {}, state }
}

/** A build keeps its place; what has none goes to the end. */
function placed (state: State, set: BuildSet, at: number): State {
  return withSet(state, placeOf(set, state, at), set, 'insert')
}

function placeOf ({ build }: { readonly build?: string }, { sets }: State, at: number): number {
  return build !== undefined && at !== -1 ? at + 1 : sets.length
}

function detached ({ registration, sets }: State, architecture: string): Effect {
  if (registration === null) return { refusal: 'CONTAINER_UNKNOWN' }
  const { images: { [architecture]: gone, ...images }, version, build } = registration.content
  if (gone === undefined) return { refusal: 'ARCHITECTURE_MISSING' }
  if (Object.keys(images).length === 0) return { refusal: 'LAST_ARCHITECTURE' }
  return { state: { registration: { ...registration, content: contentOf(images, version, build), tag: undefined }, sets } }
}

function abandoned (state: State, { build, version }: { readonly build?: string, readonly version: string }): Effect {
  // A plain add of the build has taken a later place and left the set waiting.
  const open = latestOf(state.sets.map(set => isOpen(set) ? set : undefined), build, version)
  const at = open === -1 ? latestOf(state.sets, build, version) : open
  const set = state.sets[at]
  if (set?.state === 'complete') return { refusal: 'SET_COMPLETE' }
  if (set?.state !== 'waiting') return { refusal: 'SET_UNKNOWN' }
  return { state: withSet(state, at, over(set, 'expired'), 'replace'), set }
}
