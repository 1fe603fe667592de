import { isDeepStrictEqual } from 'node:util'
import type { Operation } from './operation.js'
import { closedSets, effectsBehind, effectsOf, publishedState, type Call, type Effect } from './rules.js'
import { isBy, isOpen, latestOf, type BuildSet, type Content, type Images, type Registration, type State } from './state.js'

/** What can be seen of a set that is open. */
export interface PendingContent {
  readonly build?: string
  readonly version: string
  readonly state: BuildSet['state']
  readonly expect: readonly string[]
  readonly urls: Readonly<Record<string, string>>
}

/** What came of it; `code` is `done` or that of a refusal. */
export interface Answer {
  readonly code: string
  readonly tag?: string | undefined
  /** The document as the answer shows it; null when it says that there is none. */
  readonly content?: Content | null
  readonly outcome?: string
  /** The sets that the answer shows. */
  readonly pending?: readonly PendingContent[]
  /** Of a request that is for all names: those for which it failed, and with which code. */
  readonly failed?: ReadonlyMap<string, string | undefined>
}

export interface StepOptions {
  /** The request's own. */
  readonly number: number
  /** Attempts of unknown outcome may have come before it: to find that done which was to be done is success. */
  readonly afterUnknown?: boolean
  /** Others are at work, so that what it read first may be older than what it read next. */
  readonly amongOthers?: boolean
}

/**
 * The state after a request that was the only one, by the rules and by nothing of the program; undefined when such an
 * answer cannot be given in such a state.
 */
export function step (state: State, call: Call, answer: Answer): State | undefined {
  const begun = beginnings(state, call, 0).find(({ sets }) => sets.some(set => set.state === 'complete' && isBy(set, 0)))
  return answeredStates(begun ?? state, call, answer, { number: 0 })[0]
}

/**
 * The states after the last thing that a request does, which is answered so. It may be that its set, which it had
 * completed, is shown.
 */
export function answeredStates (state: State, call: Call, answer: Answer, options: StepOptions): State[] {
  const own = state.sets.find(set => set.state !== 'direct' && isBy(set, options.number))
  if (own !== undefined) return statesOfOwner(state, own, answer, options).map(after => withoutNumber(after, options.number))
  if (answer.code === 'done' && options.afterUnknown === true && isDoneAlready(state, call, answer)) return [state]
  const behind = options.amongOthers === true ? effectsBehind(state, call, options.number) : []
  return [...effectsOf(state, call, options.number), ...behind].flatMap(effect => statesAnswered(state, call, answer, effect))
    .map(after => withoutNumber(after, options.number))
}

/** The state after that effect, if the answer tells of it. */
function statesAnswered (state: State, call: Call, answer: Answer, effect: Effect): State[] {
  if ('delayed' in effect) return []
  if ('refusal' in effect) return answer.code === effect.refusal ? [state] : []
  const holds = demandHolds(state.registration, call)
  if (answer.code === 'PRECONDITION_FAILED') return holds === true ? [] : [state]
  if (answer.code !== 'done' || holds === false || 'completes' in effect) return []
  const { operation } = call
  if (operation.kind === 'pending') return isDeepStrictEqual(answer.pending, state.sets.filter(isOpen).map(pendingContent)) ? [state] : []
  if (effect.set !== undefined) {
    const isIt = isDeepStrictEqual(answer.pending, [pendingContent(effect.set)])
    return isIt && answer.outcome === (operation.kind === 'abandon' ? undefined : 'waiting') ? [effect.state] : []
  }
  const after = shownBy(answer, state, effect.state, operation)
  return after === undefined ? [] : [after]
}

/** The states that a request which is not answered yet may bring about by a part of what it does. */
export function beginnings (state: State, call: Call, number: number): State[] {
  if (demandHolds(state.registration, call) === false) return []
  return effectsOf(state, call, number).flatMap(effect =>
    'completes' in effect ? [effect.completes] : 'between' in effect && effect.between !== undefined ? [effect.between] : [])
}

/** The states after all that a request does of which nobody learns, as far as it does anything; it may go on. */
export function effectsAlone (state: State, call: Call, number: number): State[] {
  if (demandHolds(state.registration, call) === false) return []
  return effectsOf(state, call, number).flatMap(effect =>
    'completes' in effect ? [effect.completes] : 'state' in effect ? [effect.state] : [])
}

/** The states that come about without a request: a complete set is shown, and closed. */
export function ownSteps (state: State): State[] {
  return [publishedState(state), closedSets(state)].filter(next => next !== undefined)
}

/**
 * The owner of a complete set answers when it is shown, and perhaps closed. It may have been overtaken by another one,
 * and after an attempt of unknown outcome it may have been shown before.
 */
function statesOfOwner (state: State, own: BuildSet, answer: Answer, { afterUnknown }: StepOptions): State[] {
  const isPublished = answer.code === 'done' && answer.outcome === 'published'
  if (own.state === 'published') return afterUnknown === true && isPublished ? [state] : []
  if (own.state === 'superseded') return answer.code === 'SUPERSEDED' ? [state] : []
  const shown = publishedState(state) ?? (own.shown ? state : undefined)
  const closed = closedSets(shown ?? state)
  if (shown === undefined) return closed !== undefined && answer.code === 'SUPERSEDED' ? [closed] : []
  if (!isPublished || !isDeepStrictEqual(answer.content, shown.registration?.content)) return []
  const after = withTag(shown, answer.tag)
  return [closedSets(after)!, after]
}

/** The state after, if the answer is what the model says. */
function shownBy (answer: Answer, before: State, after: State, { kind }: Operation): State | undefined {
  const [was, is] = [before.registration, after.registration]
  if (answer.outcome === 'waiting') return undefined
  if (answer.content !== undefined && !isDeepStrictEqual(answer.content, is?.content ?? null)) return undefined
  if (is === null) return after
  const isSame = was !== null && isDeepStrictEqual(withoutTag(was), withoutTag(is))
  if (answer.outcome === 'created' && was !== null) return undefined
  if (answer.outcome === 'unchanged' && !isSame) return undefined
  if (answer.outcome === 'published' && !(isSame && isJustShown(before))) return undefined
  const isKnown = was?.tag !== undefined && answer.tag !== undefined
  // What is the same need not look the same, but what looks the same is, and what changed looks different.
  if (isKnown && was.tag === answer.tag && !isSame) return undefined
  if (isKnown && kind === 'info' && was.tag !== answer.tag) return undefined
  if (isKnown && answer.outcome === 'unchanged' && was.tag !== answer.tag) return undefined
  const isElsewhere = kind === 'info' || kind === 'expire'
  return withTag(after, answer.tag ?? (isElsewhere ? was?.tag : undefined))
}

/** Whoever sent an image of the set once more, while it was published, may be answered as those who completed it. */
function isJustShown ({ registration, sets }: State): boolean {
  const set = sets[registration?.set ?? -1]
  return set?.shown === true || set?.state === 'published'
}

function isDoneAlready ({ registration, sets }: State, { operation, ...call }: Call, answer: Answer): boolean {
  if (operation.kind === 'abandon') {
    const { build, version } = operation
    return sets[latestOf(sets, build, version)]?.state === 'expired'
  }
  const isGone = operation.kind === 'remove'
    ? registration === null
    : operation.kind === 'detach' && registration !== null && !Object.hasOwn(registration.content.images, operation.architecture)
  return isGone && demandHolds(registration, { operation, ...call }) !== false &&
    isDeepStrictEqual(answer.content, registration?.content ?? null)
}

/** undefined when it cannot be said, since the registration's tag is not known. */
function demandHolds (registration: Registration | null, { operation, tag }: Call): boolean | undefined {
  if (!('demand' in operation)) return true
  switch (operation.demand) {
    case 'nothing': return true
    case 'any': return registration !== null
    case 'absent': return registration === null
    case 'last seen':
      if (tag === undefined) return true
      if (registration === null) return false
      return registration.tag === undefined ? undefined : registration.tag === tag
  }
}

function pendingContent ({ build, version, state, expect, images }: BuildSet): PendingContent {
  return { ...build !== undefined && { build }, version, state, expect, urls: urlsOf(images) }
}

function urlsOf (images: Images): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(images).map(([name, { url }]) => [name, url]))
}

function withTag ({ registration, sets }: State, tag: string | undefined): State {
  return { registration: registration && { ...registration, tag }, sets }
}

function withoutTag ({ tag, ...rest }: Registration): Omit<Registration, 'tag'> {
  return rest
}

/** The request is not under way any more. */
export function withoutNumber ({ registration, sets }: State, number: number): State {
  return {
    registration,
    sets: sets.map(set => {
      if (!isBy(set, number)) return set
      const { by, ...rest } = set
      const others = by!.filter(other => other !== number)
      return { ...rest, ...others.length > 0 && { by: others } }
    })
  }
}
