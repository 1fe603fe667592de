import { LeporelloError } from '../errors.js'
import { compareArchitectures } from './architecture.js'
import type { BuildOfImages } from './build.js'
import type { ContainerDocument } from './container-document.js'
import { isSameImage, joinedRecord, mergedDocument, sentImages, type ContainerMerge } from './container-merge.js'
import type { Change } from './container.js'
import { isOpen, missingFrom, setKey, type ContainerSet, type ContainerSets, type SetImage } from './container-sets.js'
import { ImageUrls } from './image-urls.js'
import { quoted } from './quoted.js'

// What becomes of a container and its sets, section by section as the protocol of merges and sets has them. `document`
// is what the letter C stands for there, `sets` what P does. All of it is pure.

/** The registration and the sets of a name, the registration read first. */
export interface Standing {
  readonly document: ContainerDocument | undefined
  readonly sets: ContainerSets
}

/** A merge with what its images belong to. */
export type SetMerge = ContainerMerge & BuildOfImages

/** A merge whose images belong to nothing; it is never made to wait. */
export type PlainMerge = ContainerMerge & { readonly build?: never, readonly expect?: never }

/** What a change may put into the sets. */
export interface SetMaking extends Change {
  /** The id of a set, if one has to be made. */
  readonly newId: string
  /** Of the set, if it is completed. It stays the same when a merge is judged again after a write of unknown outcome. */
  readonly owner: string
}

/** What a merge does, by the table of section A. */
export type MergeStep =
  /** It goes into the registration; `sets`, if it is there, is to be written before. */
  | { readonly step: 'register', readonly document: ContainerDocument, readonly sets?: ContainerSets }
  /** It joins a set that goes on waiting. */
  | { readonly step: 'wait', readonly sets: ContainerSets, readonly set: ContainerSet }
  /** It makes a set whole, or its images are part of one that this owner made whole. */
  | { readonly step: 'publish', readonly sets: ContainerSets, readonly set: ContainerSet }
  /** A set has to be published first by its owner. */
  | { readonly step: 'delay', readonly set: ContainerSet }

/**
 * A: where a merge goes.
 *
 * @throws LeporelloError `SUPERSEDED` or `VERSION_MISMATCH`, with the build that won.
 */
export function mergeStep (merge: SetMerge, { document, sets }: Standing, making: SetMaking): MergeStep {
  const { build, expect, version } = merge
  if (!needsSets(merge)) return { step: 'register', document: mergedDocument(merge, document, making) }
  const known = sets.latest(setKey(build, version))
  if (build !== undefined) {
    const isShown = document?.build === build
    if (!isShown && isSuperseded(known, document, sets)) throw superseded(merge.id, build, document, sets)
    checkVersion(merge, build, known, isShown ? document : undefined)
    if (isShown) return { step: 'register', document: mergedDocument(merge, document, making) }
  } else if (isShownAlready(merge, known, document, making)) {
    return { step: 'register', document: document! }
  }
  if (known?.state === 'complete') return meetComplete(merge, known, sets, making.owner)
  if (expect.length > 0 || known?.state === 'waiting') return join(merge, sets, making)
  return direct(merge, sets, making)
}

/** Without either, a merge is for the registration alone. */
export function needsSets ({ build, expect }: BuildOfImages): boolean {
  return build !== undefined || expect.length > 0
}

/** A, third row: the registration has reached or passed the build's place, and is not the build's. */
function isSuperseded (known: ContainerSet | undefined, document: ContainerDocument | undefined, sets: ContainerSets): boolean {
  return known !== undefined && document !== undefined && sets.position(document.set) >= sets.position(known.id)
}

/** A7: without a build, a set that is shown with the same images is no new one. */
function isShownAlready (
  merge: SetMerge, known: ContainerSet | undefined, document: ContainerDocument | undefined, change: Change
): boolean {
  return document !== undefined && known !== undefined && !isOpen(known) && document.set === known.id &&
    mergedDocument(merge, document, change) === document
}

/** D: all that belongs to a named build is of one version, but for what expired, which nobody ever saw. */
function checkVersion (
  { id, version }: SetMerge, build: string, known: ContainerSet | undefined, shown: ContainerDocument | undefined
): void {
  const agreed = known === undefined ? shown?.text('version') : known.state === 'expired' ? undefined : known.version
  if (agreed === undefined || agreed === version) return
  throw new LeporelloError('VERSION_MISMATCH', `build ${quoted(build)} of ${id} is of version ${quoted(agreed)}, not ` +
    quoted(version), { details: { id, build, version: agreed } })
}

/** The refusal of what came too late. */
export function superseded (
  id: string, build: string | undefined, document: ContainerDocument | undefined, sets: ContainerSets
): LeporelloError {
  const reached = document?.build ?? sets.get(document?.set ?? '')?.build
  // It was registered itself, and then something that belongs to no build.
  const winner = reached === undefined || reached === build ? null : reached
  const by = document?.build === undefined
    ? 'a later registration took its place'
    : `build ${quoted(document.build)}, which came after it, is registered`
  return new LeporelloError('SUPERSEDED', `${build === undefined ? 'the set' : `build ${quoted(build)}`} of ${id} is ` +
    `superseded: ${by}`, { details: { id, build: build ?? null, winner, version: document?.text('version') ?? null } })
}

/** B4: what is not in it goes into what it becomes. */
function meetComplete (merge: SetMerge, set: ContainerSet, sets: ContainerSets, owner: string): MergeStep {
  return set.owner === owner && hasImages(set, merge) ? { step: 'publish', sets, set } : { step: 'delay', set }
}

function hasImages ({ images }: ContainerSet, merge: SetMerge): boolean {
  return sentImages(merge).every(({ architecture, url, record }) =>
    images.some(image => image.architecture === architecture && isSameImage(image.record, image.url, record, url)))
}

/** A, fourth row: the build gets its place, and what was registered gives way to it. */
function direct (merge: SetMerge, sets: ContainerSets, making: SetMaking): MergeStep {
  const known = sets.latest(setKey(merge.build, merge.version))
  const isPlaced = known?.state === 'direct'
  const set = isPlaced ? known : newSet(merge, 'direct', making)
  const document = mergedDocument(merge, undefined, making, { build: merge.build, set: set.id })
  return { step: 'register', document, ...!isPlaced && { sets: placed(set, sets) } }
}

/** B1. */
function join (merge: SetMerge, sets: ContainerSets, making: SetMaking): MergeStep {
  const known = sets.latest(setKey(merge.build, merge.version))
  const isWaiting = known?.state === 'waiting'
  const joined = withImages(isWaiting ? known : newSet(merge, 'waiting', making), merge, making)
  const put = (set: ContainerSet) => isWaiting ? sets.replace(set) : placed(set, sets)
  if (missingFrom(joined).length > 0) return { step: 'wait', sets: put(joined), set: joined }
  // One complete set a name at a time.
  if (sets.complete !== undefined) return { step: 'delay', set: sets.complete }
  const complete: ContainerSet = { ...joined, state: 'complete', owner: making.owner }
  return { step: 'publish', sets: put(complete), set: complete }
}

/** A build keeps its place; without a build every run is a new one. */
function placed (set: ContainerSet, sets: ContainerSets): ContainerSets {
  const before = set.build === undefined ? undefined : sets.latest(set.key)
  return before === undefined ? sets.append(set) : sets.insertAfter(before.id, set)
}

function newSet ({ build, version, expect }: BuildOfImages & { readonly version: string }, state: 'direct' | 'waiting', { at, newId }: SetMaking): ContainerSet {
  return {
    id: newId,
    key: setKey(build, version),
    version,
    ...build !== undefined && { build },
    expect,
    images: [],
    state,
    since: at.toISOString()
  }
}

/** With what is expected and sent besides; an image that is there already stays, url and all. */
function withImages (set: ContainerSet, merge: SetMerge, { at, by }: Change): ContainerSet {
  const images = new Map(set.images.map(image => [image.architecture, image]))
  for (const { architecture, url, record } of sentImages(merge)) {
    const standing = images.get(architecture)
    const isSame = standing !== undefined && isSameImage(standing.record, standing.url, record, url)
    images.set(architecture, isSame
      ? { ...standing, record: joinedRecord(standing.record, record, standing.url) }
      : { architecture, url, record, by, at: at.toISOString() })
  }
  const expect = [...new Set([...set.expect, ...merge.expect])].sort(compareArchitectures)
  return { ...set, expect, images: [...images.values()], since: at.toISOString() }
}

/** B2d: the registration that a complete set becomes. */
export function publishedDocument (id: string, { id: set, build, version, images }: ContainerSet, at: Date): ContainerDocument {
  const last = images.reduce((a, b) => a.at > b.at ? a : b)
  const urls = ImageUrls.of(new Map(images.map(({ architecture, url }) => [architecture, url])))
  const records = images.map(({ record }: SetImage) => record)
  return mergedDocument({ id, version, urls, images: records }, undefined, { at, by: last.by }, { build, set })
}

/** A4: a plain add of a named build takes a new place at the end; `placeId` is that of an earlier attempt of it. */
export function addedBuild (
  build: string, version: string, sets: ContainerSets, making: SetMaking, placeId: string | undefined
): ContainerSets {
  if (placeId !== undefined && sets.sets.at(-1)?.id === placeId) return sets
  return sets.append(newSet({ build, version, expect: [] }, 'direct', making))
}

/** A6: what a remove closes first, or the set that it goes back to would appear again. */
export function setsBeforeRemoval (document: ContainerDocument, sets: ContainerSets, at: Date): ContainerSets | undefined {
  const { complete } = sets
  if (complete === undefined || sets.position(complete.id) > sets.position(document.set)) return undefined
  return sets.close(complete.id, complete.id === document.set ? 'published' : 'superseded', at)
}

/** B2c: what a complete set has come to, if the registration tells; undefined: it is still to be written. */
export function verdictOn (set: ContainerSet, { document, sets }: Standing): 'published' | 'superseded' | undefined {
  if (document?.set === set.id) return 'published'
  return sets.position(document?.set) > sets.position(set.id) ? 'superseded' : undefined
}
