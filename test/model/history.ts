import { step, type Answer, type Call, type Content, type State } from './sequential-model.js'

/** One request of a run, with when it began and ended by a clock that all clients share. */
export interface Event extends Call {
  readonly start: number
  readonly end: number
  /** Absent when its outcome was never learned: it happened at some time after its start, or never. */
  readonly answer?: Answer
}

/**
 * Whether there is an order of the requests of one name that respects time, in which the model gives every answer and
 * the final document. `mayRepeat`: faults were made, and while a request is unanswered its effect may come several times.
 */
export function isLinearizable (events: readonly Event[], final: Content | null, mayRepeat = false): boolean {
  const seen = new Set<string>()
  const all = 2 ** events.length - 1
  const unanswered = events.reduce((mask, { answer }, at) => answer === undefined ? mask | 1 << at : mask, 0)

  function search (done: number, state: State): boolean {
    const key = `${done} ${JSON.stringify(state)}`
    if (seen.has(key)) return false
    seen.add(key)
    if ((done | unanswered) === all && matches(state, final)) return true
    return events.some((event, at) => {
      if ((done & 1 << at) !== 0 || !mayBeNext(events, done, at)) return false
      const after = step(state, event, event.answer, mayRepeat)
      if (after !== undefined && search(done | 1 << at, after)) return true
      if (!mayRepeat || !wasUnanswered(events, done, event)) return false
      const repeated = step(state, event, undefined)
      return repeated !== undefined && search(done, repeated)
    })
  }

  return search(0, null)
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

function matches (state: State, final: Content | null): boolean {
  return JSON.stringify(sorted(state?.content ?? null)) === JSON.stringify(sorted(final))
}

function sorted (content: Content | null): unknown {
  return content && [Object.entries(content.images).sort(([a], [b]) => a < b ? -1 : 1), content.url, content.version]
}
