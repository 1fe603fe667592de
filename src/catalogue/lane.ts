import type { Deadline } from '../deadline.js'
import { ContainerDocument } from '../domain/container-document.js'
import { LeporelloError } from '../errors.js'
import { ABSENT, type DocumentIndex, type StoredDocument, type Version, type WriteOutcome } from '../ports/document-index.js'
import { backOff } from './change.js'
import type { PendingChange, Verdict } from './pending-change.js'

/** A write that was tried: what it put in place of what, and what it meant to each change. */
interface Attempt {
  readonly base: Version | typeof ABSENT
  readonly after: ContainerDocument | undefined
  readonly verdicts: ReadonlyMap<PendingChange, Verdict>
}

/**
 * The changes of one container by this process, one write at a time: all that wait are applied in order of arrival to
 * the document as it is read, each with a verdict of its own, and written at once on the condition that it is still
 * that. After a conflict or an unknown outcome it is done again with whoever waits by then.
 *
 * Whatever is acknowledged was written by us, even where nothing had to change: an engine's read may show a write of
 * somebody else that is not durable yet.
 */
export class Lane {
  readonly #index: DocumentIndex
  readonly #id: string
  #waiting: PendingChange[] = []

  constructor (index: DocumentIndex, id: string) {
    this.#index = index
    this.#id = id
  }

  get length (): number {
    return this.#waiting.length
  }

  add (change: PendingChange): void {
    this.#waiting.push(change)
  }

  /** Answers those that wait, and those that come while they do. */
  async run (): Promise<void> {
    await this.#cycle(() => this.#waiting.splice(0))
  }

  /** Answers everybody that `arrivals` gives, which is asked again before every reading. */
  async #cycle (arrivals: () => PendingChange[]): Promise<void> {
    let batch: PendingChange[] = []
    let unknown: Attempt | undefined
    for (let round = 0; ; round++) {
      // Only those that came before it may be judged by a reading.
      batch = [...batch, ...arrivals()].filter(({ answered }) => !answered)
      if (batch.length === 0) return
      const deadline = latest(batch)
      try {
        const current = await this.#index.get('container', this.#id, deadline)
        // Whoever left meanwhile was told that nothing was changed.
        const attempt = attemptOn(current, batch.filter(({ answered }) => !answered), unknown)
        const { outcome } = await this.#write(attempt, deadline)
        if (outcome === 'written') return answer(attempt)
        if (outcome === 'unknown') unknown = attempt
        for (const change of applied(attempt)) change[outcome === 'unknown' ? 'unknown' : 'beaten'] = true
      } catch (error) {
        return await this.#failed(batch, error)
      }
      await backOff(round, deadline)
    }
  }

  async #write (attempt: Attempt, deadline: Deadline): Promise<Pick<WriteOutcome, 'outcome'>> {
    const { base, after } = attempt
    const changes = applied(attempt)
    if (changes.length === 0 || (after === undefined && base === ABSENT)) return { outcome: 'written' }
    for (const change of changes) change.sent = true
    try {
      return after === undefined
        ? await this.#index.remove('container', this.#id, base as Version, deadline)
        : await this.#index.put('container', this.#id, after.json, base, deadline)
    } finally {
      for (const change of changes) change.sent = false
    }
  }

  /** What the index refuses of all together is somebody's: each one is tried alone. */
  async #failed (batch: readonly PendingChange[], error: unknown): Promise<void> {
    const isDocument = error instanceof LeporelloError && error.code === 'DOCUMENT_REFUSED'
    if (!isDocument || batch.length === 1) {
      for (const change of batch) if (!change.answered) change.fail(error)
      return
    }
    for (const change of batch) {
      const alone = [change]
      await this.#cycle(() => alone.splice(0))
    }
  }
}

/**
 * Applies the changes in order. Where the last write of unknown outcome turns out to be what stands, what it meant to
 * its changes still holds: they need not be judged again, only be written once more, to be sure of it.
 */
function attemptOn (current: StoredDocument | undefined, batch: readonly PendingChange[], unknown: Attempt | undefined): Attempt {
  const landed = unknown !== undefined && unknown.after?.json === current?.json
  let document = landed ? unknown.after : current && ContainerDocument.parse(current.json)
  const verdicts = new Map<PendingChange, Verdict>()
  for (const change of batch) {
    const known = landed ? unknown.verdicts.get(change) : undefined
    const judged = known === undefined ? change.judge(document) : { document, verdict: known }
    document = judged.document
    verdicts.set(change, judged.verdict)
  }
  return { base: current?.version ?? ABSENT, after: document, verdicts }
}

function applied ({ verdicts }: Attempt): PendingChange[] {
  return [...verdicts].flatMap(([change, verdict]) => 'result' in verdict ? [change] : [])
}

function answer ({ verdicts }: Attempt): void {
  for (const [change, verdict] of verdicts) if (!change.answered) change.answer(verdict)
}

function latest (batch: readonly PendingChange[]): Deadline {
  return batch.map(({ deadline }) => deadline).reduce((a, b) => a.remaining >= b.remaining ? a : b)
}
