import type { Deadline } from '../deadline.js'
import { ContainerDocument } from '../domain/container-document.js'
import { ContainerSets } from '../domain/container-sets.js'
import { LeporelloError } from '../errors.js'
import { ABSENT, type DocumentIndex, type DocumentKind, type StoredDocument, type Version, type WriteOutcome } from '../ports/document-index.js'
import type { Observer } from '../ports/observer.js'
import { backOff, outcomeUnknown } from './change.js'
import { attemptOn, writersOf, type LaneAttempt, type LaneReading } from './lane-attempt.js'
import { LaneHistory } from './lane-history.js'
import type { ChangeRecorder } from './made-change.js'
import { RenewedOwnership } from './ownership.js'
import type { Judged, PendingChange, Publication } from './pending-change.js'
import { SetPublisher, type Ending } from './set-publisher.js'

export interface LaneOptions {
  readonly index: DocumentIndex
  readonly requestTimeoutMs: number
  readonly now: () => Date
  readonly recorder?: ChangeRecorder | undefined
  readonly observer?: Observer | undefined
}

interface Written {
  readonly kind: DocumentKind
  readonly outcome: WriteOutcome['outcome']
  readonly version?: Version
  /** Whom it concerns. */
  readonly changes: readonly PendingChange[]
}

/**
 * The changes of one container by this process, one write at a time: all that wait are applied in order of arrival to
 * the document as it is read, each with a verdict of its own, and written at once on the condition that it is still
 * that. After a conflict or an unknown outcome it is done again with whoever waits by then. The container's sets are
 * read after it and written before it, where a change concerns them; a set that this completes is then published.
 *
 * Whatever is acknowledged was written by us, even where nothing had to change: an engine's read may show a write of
 * somebody else that is not durable yet.
 */
export class Lane {
  readonly #options: LaneOptions
  readonly #id: string
  readonly #history: LaneHistory
  #waiting: PendingChange[] = []
  #arrived: () => void = () => {}

  constructor (options: LaneOptions, id: string) {
    this.#options = options
    this.#id = id
    this.#history = new LaneHistory(id, options.recorder)
  }

  get length (): number {
    return this.#waiting.length
  }

  add (change: PendingChange): void {
    this.#waiting.push(change)
    this.#arrived()
  }

  /** Answers those that wait, and those that come while they do. */
  async run (): Promise<void> {
    await this.#cycle(() => this.#waiting.splice(0), new RenewedOwnership(this.#options.requestTimeoutMs))
  }

  /**
   * Answers everybody that `arrivals` gives, which is asked again before every reading. One that is `alone` and has to wait for
   * somebody else's set waits with the others again.
   */
  async #cycle (arrivals: () => PendingChange[], ownership: RenewedOwnership, alone = false): Promise<void> {
    let batch: PendingChange[] = []
    let unknown: LaneAttempt | undefined
    for (let round = 0; ; round++) {
      // Only those that came before it may be judged by a reading.
      batch = [...batch, ...arrivals()].filter(({ answered }) => !answered)
      if (batch.length === 0) return
      const deadline = latest(batch)
      try {
        const reading = await this.#read(batch, deadline)
        // Whoever left meanwhile was told that nothing was changed.
        batch = batch.filter(({ answered }) => !answered)
        const attempt = attemptOn(this.#id, reading, batch, () => ownership.current, unknown)
        const { kind, outcome, changes } = await this.#write(attempt, deadline)
        if (outcome === 'written') {
          const ending = await this.#answer(attempt)
          // A creation may be on its way: to whoever sends the image again we are no more its owner than anybody else.
          if (ending === 'unfinished') ownership.giveUp()
          if (batch.every(({ answered }) => answered)) return
          if (alone && ending === undefined && unknown === undefined) {
            this.#waiting.unshift(...batch)
            return
          }
          // After a set of ours, whoever waited for it is next; nobody is in the way.
          if (ending === 'published' || ending === 'superseded' || ending === 'refused') round = 0
          else await (alone ? backOff(round, deadline) : this.#rest(round, deadline))
          continue
        }
        if (outcome === 'unknown' && kind === 'container') unknown = attempt
        for (const change of changes) {
          if (outcome === 'unknown') change.unknown = true
          else change.conflicted()
        }
      } catch (error) {
        return await this.#failed(batch, error, ownership)
      }
      await backOff(round, deadline)
    }
  }

  /** Those who wait for somebody else's set need not keep others waiting. */
  async #rest (round: number, deadline: Deadline): Promise<void> {
    if (this.#waiting.length > 0) return
    await Promise.race([backOff(round, deadline), new Promise<void>(resolve => { this.#arrived = resolve })])
  }

  /** The sets after the container: a build that enters them in between is then seen. */
  async #read (batch: readonly PendingChange[], deadline: Deadline): Promise<LaneReading> {
    const { index } = this.#options
    let document = await index.get('container', this.#id, deadline)
    if (!batch.some(change => change.needsSets)) return { document, sets: undefined }
    for (;;) {
      const sets = await index.get('sets', this.#id, deadline)
      if (!isBehind(this.#id, document, sets)) return { document, sets }
      // Somebody published between the two readings, unless the registration is a foreign one, or was removed.
      const now = await index.get('container', this.#id, deadline)
      if (now?.version === document?.version) return { document, sets }
      document = now
    }
  }

  async #write (attempt: LaneAttempt, deadline: Deadline): Promise<Written> {
    const { reading, document, sets } = attempt
    const forSets = writersOf(attempt, 'writesSets')
    if (forSets.length > 0) {
      const written = await this.#put('sets', sets, reading.sets?.version, forSets, deadline)
      if (written.outcome === 'unknown') for (const change of forSets) change.tried ??= attempt.judged.get(change)!.step
      if (written.version === undefined) return written
      this.#history.setsWritten(attempt, forSets, written.version)
      for (const change of forSets) setsStand(change, attempt.judged.get(change)!)
    }
    const forDocument = writersOf(attempt, 'writesDocument')
    // Whoever left while the sets were written was told that nothing was changed; the others go on without it.
    if (forDocument.some(({ answered }) => answered)) return { kind: 'container', outcome: 'conflict', changes: [] }
    const isNothing = forDocument.length === 0 || (document === undefined && reading.document === undefined)
    const written: Written = isNothing
      ? { kind: 'container', outcome: 'written', changes: [] }
      : await this.#put('container', document, reading.document?.version, forDocument, deadline)
    if (written.outcome === 'written') this.#history.containerWritten(attempt, forDocument, written.version)
    return written
  }

  async #put (
    kind: DocumentKind, content: { readonly json: string } | undefined, expected: Version | undefined,
    changes: readonly PendingChange[], deadline: Deadline
  ): Promise<Written> {
    const { index } = this.#options
    for (const change of changes) change.sent = true
    try {
      const written = content === undefined
        ? await index.remove(kind, this.#id, expected as Version, deadline)
        : await index.put(kind, this.#id, content.json, expected ?? ABSENT, deadline)
      return { kind, changes, ...written }
    } finally {
      for (const change of changes) change.sent = false
    }
  }

  /** Of those that have to wait for somebody else's set nobody is answered. Tells what became of a set of ours. */
  async #answer ({ judged }: LaneAttempt): Promise<Ending['state'] | undefined> {
    let publication: Publication | undefined
    const published: PendingChange[] = []
    for (const [change, { verdict }] of judged) {
      if (change.answered) continue
      if ('publication' in verdict) {
        // There is one complete set at most, and these are all in it.
        publication ??= verdict.publication
        published.push(change)
      } else if ('refusal' in verdict) change.fail(verdict.refusal)
      else if ('delayed' in verdict) change.beaten = true
      else change.answer(verdict.result)
    }
    return publication && await this.#publish(publication, published.map(change => [change, judged.get(change)!]))
  }

  async #publish (publication: Publication, changes: ReadonlyArray<readonly [PendingChange, Judged]>): Promise<Ending['state']> {
    const answerTo = ({ verdict }: Judged) => 'publication' in verdict ? verdict.result : undefined
    const told = changes.find(([, judged]) => answerTo(judged) !== undefined)?.[0].told
    const ending = await new SetPublisher(this.#options).publish(this.#id, { ...publication, ...told && { told } }, document => {
      for (const [change, judged] of changes) {
        const result = answerTo(judged)
        if (result !== undefined) change.certain = () => result(document)
      }
    })
    for (const [change, judged] of changes) {
      const result = answerTo(judged)
      if (change.answered) continue
      if (result === undefined || ending.state === 'lost') change.beaten = true
      else if (ending.state === 'published') change.answer(result(ending.document))
      else if (ending.state === 'unfinished') change.fail(outcomeUnknown(this.#id, ending.cause))
      else {
        change.unknown = !ending.certain
        change.fail(ending.refusal)
      }
    }
    return ending.state
  }

  /** What the index refuses of all together is somebody's: each one is tried alone, and a set that is complete is still ours. */
  async #failed (batch: readonly PendingChange[], error: unknown, ownership: RenewedOwnership): Promise<void> {
    const isDocument = error instanceof LeporelloError && error.code === 'DOCUMENT_REFUSED'
    if (!isDocument || batch.length === 1) {
      for (const change of batch) if (!change.answered) change.fail(error)
      return
    }
    for (const change of batch) {
      const alone = [change]
      await this.#cycle(() => alone.splice(0), ownership, true)
    }
  }
}

/** The registration that is written next may fail, which must not be told to those whose sets are written by then. */
function setsStand (change: PendingChange, { verdict, writesDocument }: Judged): void {
  if (writesDocument || change.answered) return
  if ('publication' in verdict) change[verdict.result === undefined ? 'beaten' : 'unknown'] = true
  else if ('result' in verdict) change.answer(verdict.result)
}

function latest (batch: readonly PendingChange[]): Deadline {
  return batch.map(({ deadline }) => deadline).reduce((a, b) => a.remaining >= b.remaining ? a : b)
}

/** Whether the sets tell of more than the registration shows. */
function isBehind (id: string, document: StoredDocument | undefined, sets: StoredDocument | undefined): boolean {
  return sets !== undefined && ContainerSets.parse(id, sets.json).arePast(document && ContainerDocument.parse(document.json).set)
}
