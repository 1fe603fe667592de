import { isDeepStrictEqual } from 'node:util'
import type { Call } from './rules.js'
import { answeredStates, beginnings, effectsAlone, ownSteps, withoutNumber, type Answer } from './sequential-model.js'
import { NOTHING, type BuildSet, type Content, type State } from './state.js'

/** So many requests of one name can be searched. */
export const MOST_EVENTS = 31

/** One request of a run, with when it began and ended by a clock that all clients share. */
export interface Event extends Call {
  readonly start: number
  readonly end: number
  /** Absent when its outcome was never learned: it happened at some time after its start, or never. */
  readonly answer?: Answer
}

/** What is stored under a name when all is over. */
export interface Final {
  readonly content: Content | null
  readonly set?: number
  readonly sets: readonly BuildSet[]
}

/**
 * Whether there is an order of the requests of one name that respects time, in which the model gives every answer and
 * the final documents. `mayRepeat`: faults were made, and while a request is unanswered its effect may come several times;
 * what it does to the sets may in any case.
 */
export function isLinearizable (events: readonly Event[], final: Final, mayRepeat = false): boolean {
  const seen = new Set<string>()
  const all = 2 ** events.length - 1
  const unanswered = events.reduce((mask, { answer }, at) => answer === undefined ? mask | 1 << at : mask, 0)

  function search (done: number, state: State): boolean {
    const key = `${done} ${JSON.stringify(state)}`
    if (seen.has(key)) return false
    seen.add(key)
    if (!isOnTheWay(state.sets, final.sets)) return false
    if ((done | unanswered) === all && isStored(state, final)) return true
    return events.some((event, at) => {
      if ((done & 1 << at) !== 0 || !mayBeNext(events, done, at)) return false
      if (statesAfter(state, event, at, mayRepeat).some(after => search(done | 1 << at, after))) return true
      if (beginnings(state, event, at).some(begun => search(done, begun))) return true
      return wasUnanswered(events, done, event) && effectsAlone(state, event, at).some(repeated =>
        (mayRepeat || isOfSetsAlone(state, repeated)) && search(done, repeated))
    }) || ((mayRepeat || isOrphaned(state, done, unanswered)) && ownSteps(state).some(next => search(done, next)))
  }

  return search(0, NOTHING)
}

function statesAfter (state: State, event: Event, number: number, afterUnknown: boolean): State[] {
  if (event.answer === undefined) return effectsAlone(state, event, number).map(after => withoutNumber(after, number))
  return answeredStates(state, event, event.answer, { number, afterUnknown, amongOthers: true })
}

/** What was done to the sets is done again where the write to the registration that belongs to it meets a newer one. */
function isOfSetsAlone (before: State, after: State): boolean {
  return isDeepStrictEqual(before.registration?.content, after.registration?.content)
}

/** Whether the complete set, if there is one, is nobody's whose answer tells of it: then it may be shown at any time. */
function isOrphaned ({ sets }: State, done: number, unanswered: number): boolean {
  const [by] = sets.find(({ state }) => state === 'complete')?.by ?? []
  return by === undefined || ((done | unanswered) & 1 << by) !== 0
}

/** It may still have been tried again then: nothing that is done began after its end. What lands later lands once. */
function wasUnanswered (events: readonly Event[], done: number, { end }: Event): boolean {
  return events.every(({ start }, index) => (done & 1 << index) === 0 || start <= end)
}

/** Nothing that is still to come had ended before it began. */
function mayBeNext (events: readonly Event[], done: number, at: number): boolean {
  const { start } = events[at]!
  return events.every((other, index) => (done & 1 << index) !== 0 || other.answer === undefined || other.end >= start)
}

/** Places in the order of builds are taken and never given back. */
function isOnTheWay (sets: readonly BuildSet[], final: readonly BuildSet[]): boolean {
  let at = 0
  for (const { build, version } of sets) {
    while (at < final.length && (final[at]!.build !== build || final[at]!.version !== version)) at++
    if (at++ >= final.length) return false
  }
  return true
}

/** Whether that is what is stored. */
export function isStored ({ registration, sets }: State, final: Final): boolean {
  return sets.length === final.sets.length && registration?.set === final.set &&
    isDeepStrictEqual(registration?.content ?? null, final.content) &&
    isDeepStrictEqual(sets.map(({ by, ...set }) => set), final.sets)
}
