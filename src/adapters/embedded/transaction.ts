import type { Deadline } from '../../deadline.js'
import type { WriteOutcome } from '../../ports/document-index.js'
import type { Environment } from './environment.js'
import { late, notWritten } from './refusals.js'

/** The longest that Node's timers wait, in milliseconds. */
const LONGEST_WAIT = 2 ** 31 - 1

export interface Transaction {
  /** Ends when the transaction is durable or refused, or at the deadline. */
  readonly outcome: Promise<WriteOutcome>
  /** Resolves when lmdb is done with it, however late. */
  readonly settled: Promise<unknown>
}

/**
 * Runs `write` with the environment's write lock, which all processes share, and makes its writes durable.
 *
 * lmdb gathers what is asked for while a transaction is being synced into the next one, so many writes share a sync.
 * A transaction whose turn has not come by the deadline is `INDEX_UNAVAILABLE` and never happens; one that is being
 * synced by then is `unknown`.
 */
export function transact ({ root, path }: Environment, deadline: Deadline, write: () => WriteOutcome): Transaction {
  let [begun, abandoned] = [false, false]
  const committed = root.transaction(() => {
    if (abandoned || deadline.passed) throw late(path)
    begun = true
    return write()
  }).catch(async error => { throw await notWritten(path, await causeOf(error)) })
  const outcome = new Promise<WriteOutcome>((resolve, reject) => {
    const timer = setTimeout(() => {
      abandoned = true
      if (begun) resolve({ outcome: 'unknown', cause: new Error(`${path} was still being synced at the deadline`) })
      else reject(late(path))
    }, Math.min(deadline.remaining, LONGEST_WAIT))
    committed.then(resolve, reject).finally(() => { clearTimeout(timer) })
  })
  return { outcome, settled: Promise.allSettled([committed]) }
}

/** lmdb rejects every write of a failed transaction alike, and tells the reason in a promise of its own. */
async function causeOf (error: Error & { commitError?: Promise<never> }): Promise<unknown> {
  return error.commitError === undefined ? error : await error.commitError.catch(reason => reason)
}
