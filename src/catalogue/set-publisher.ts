import type { Deadline } from '../deadline.js'
import { SERVICE, type Operation } from '../domain/author.js'
import { ContainerDocument } from '../domain/container-document.js'
import { ContainerSets, type ContainerSet } from '../domain/container-sets.js'
import { publishedDocument, superseded, verdictOn } from '../domain/set-rules.js'
import { LeporelloError } from '../errors.js'
import { ABSENT, type DocumentIndex, type StoredDocument } from '../ports/document-index.js'
import { backOff } from './change.js'
import { endOf } from './lane-history.js'
import type { ChangeRecorder } from './made-change.js'
import type { Publication, Told } from './pending-change.js'

/** What became of a complete set. */
export type Ending =
  | { readonly state: 'published', readonly document: ContainerDocument }
  /** `refused`: the index does not take it as a registration. `certain`: it was never shown, not even for a moment. */
  | { readonly state: 'superseded' | 'refused', readonly refusal: LeporelloError, readonly certain: boolean }
  /** Somebody else has it in hands. */
  | { readonly state: 'lost' }
  /** For want of time, or because another write must not be sent: somebody takes it over later. */
  | { readonly state: 'unfinished', readonly cause?: unknown }

interface Found {
  readonly document: ContainerDocument | undefined
  readonly stored: StoredDocument | undefined
  readonly sets: ContainerSets
  readonly storedSets: StoredDocument | undefined
}

export interface SetPublisherOptions {
  readonly index: DocumentIndex
  readonly now: () => Date
  readonly recorder?: ChangeRecorder | undefined
}

/** A write of the registration that was sent. */
interface Sent {
  readonly before: string | undefined
  readonly after: string
}

/**
 * B2: puts a complete set in the place of the registration, and then closes it. Only its owner may: the registration
 * may be absent, where two creators and a remove in between would bring a removed name back.
 */
export class SetPublisher {
  readonly #index: DocumentIndex
  readonly #now: () => Date
  readonly #recorder: ChangeRecorder | undefined

  constructor ({ index, now, recorder }: SetPublisherOptions) {
    this.#index = index
    this.#now = now
    this.#recorder = recorder
  }

  /** `onShown` is told of the registration once that is certain. Never rejects because the index fails. */
  async publish (id: string, publication: Publication, onShown: (document: ContainerDocument) => void): Promise<Ending> {
    const { set: { id: setId }, ownership: { owner, until } } = publication
    let shown: ContainerDocument | undefined
    let refusal: LeporelloError | undefined
    let cause: unknown
    let unanswered: Sent | undefined
    for (let round = 0; !until.passed; round++) {
      try {
        const found = await this.#find(id, until)
        const set = found.sets.get(setId)
        if (set?.state !== 'complete') {
          if (shown !== undefined) return { state: 'published', document: shown }
          if (set?.state === 'expired' && refusal !== undefined) return refusedWith(refusal)
          return this.#ended(id, publication.set, set, found)
        }
        if (set.owner !== owner) return shown === undefined ? { state: 'lost' } : { state: 'published', document: shown }
        if (shown === undefined) {
          const attempt = await this.#show(id, { ...publication, set }, found, unanswered, sent => { unanswered = sent })
          refusal = attempt instanceof LeporelloError ? attempt : undefined
          shown = attempt instanceof LeporelloError ? undefined : attempt
          if (shown !== undefined) onShown(shown)
        }
        const ending = shown !== undefined
          ? { state: 'published', document: shown } as const
          : refusal !== undefined
            ? refusedWith(refusal)
            : verdictOn(set, found) === 'superseded' ? supersededBy(id, set, found, unanswered === undefined) : undefined
        if (ending !== undefined && await this.#close(id, { ...publication, set }, ending.state === 'refused' ? 'expired' : ending.state, found)) return ending
      } catch (error) {
        if (error instanceof UnknownCreation) return { state: 'unfinished', cause: error.cause }
        if (!(error instanceof LeporelloError)) throw error
        cause = error
      }
      await backOff(round, until)
    }
    // The registration is what was promised; that the set is closed is for the next reader.
    return shown === undefined ? { state: 'unfinished', cause } : { state: 'published', document: shown }
  }

  /** The registration before the sets: a build that enters the sets and is registered in between must be known. */
  async #find (id: string, until: Deadline): Promise<Found> {
    const stored = await this.#index.get('container', id, until)
    const storedSets = await this.#index.get('sets', id, until)
    return {
      document: stored && ContainerDocument.parse(stored.json),
      stored,
      sets: ContainerSets.parse(id, storedSets?.json),
      storedSets
    }
  }

  /**
   * The registration when it shows the set for certain, or why the index never will. One that does already is written
   * once more: it may be somebody else's write, or one of ours without an answer, that is not durable yet.
   */
  async #show (
    id: string, { set, ownership: { until }, told }: Publication, found: Found, unanswered: Sent | undefined, onUnknown: (sent: Sent) => void
  ): Promise<ContainerDocument | LeporelloError | undefined> {
    const verdict = verdictOn(set, found)
    if (verdict === 'superseded') return undefined
    const at = this.#now()
    const document = verdict === 'published' ? found.document! : publishedDocument(id, set, at)
    const sent: Sent = { before: found.stored?.json, after: document.json }
    const written = await this.#index.put('container', id, document.json, found.stored?.version ?? ABSENT, until).catch((error: unknown) => {
      // Where it is shown, or may be by a write without an answer, nobody can be told that it is not.
      if (isRefusal(error) && verdict === undefined && unanswered === undefined) return error
      throw error
    })
    if (written instanceof LeporelloError) return written
    if (written.outcome === 'unknown') onUnknown(sent)
    if (written.outcome === 'unknown' && found.stored === undefined) throw new UnknownCreation(written.cause)
    if (written.outcome !== 'written') return undefined
    // Where an attempt without an answer is what stands, that one was the change.
    const { before, after } = unanswered?.after === sent.before ? { ...sent, before: unanswered?.before } : sent
    if (before !== after) {
      const { version } = written
      this.#recorder?.record({ kind: 'container', name: id, at, ...by(told, 'publish'), build: set.build, before, after, version, part: 0 })
    }
    return document
  }

  /** A set that the index refuses ends as one that nobody completes does: it would be in everybody's way for good. */
  async #close (
    id: string, { set, ownership: { until }, told }: Publication, state: 'published' | 'superseded' | 'expired', { sets, storedSets }: Found
  ): Promise<boolean> {
    const at = this.#now()
    const left = sets.close(set.id, state, at)
    const closed = await this.#index.put('sets', id, left.json, storedSets!.version, until)
    if (closed.outcome !== 'written') return false
    if (state === 'expired') {
      this.#recorder?.record({
        kind: 'sets', name: id, at, ...by(told, 'expire'), build: set.build, ...endOf(set, left), version: closed.version, part: 0
      })
    }
    return true
  }

  /**
   * Somebody closed it: who took it over, or a remove, which then takes away what a write of ours without an answer had
   * put there.
   */
  #ended (id: string, complete: ContainerSet, now: ContainerSet | undefined, found: Found): Ending {
    if (now?.state === 'published') {
      const isThere = found.document?.set === complete.id && found.document.build === complete.build
      return { state: 'published', document: isThere ? found.document! : publishedDocument(id, complete, this.#now()) }
    }
    return now?.state === 'superseded' ? supersededBy(id, now, found, false) : { state: 'lost' }
  }
}

/** A creation that may still land: absence has no version, so a second one could land after a remove. */
class UnknownCreation extends Error {
  constructor (cause: unknown) {
    super('a creation has no known outcome', { cause })
  }
}

/** Whoever completed the set, or who took it over. */
function by (told: Told | undefined, operation: Operation) {
  return { author: { ...told?.author ?? SERVICE, operation }, operation }
}

function isRefusal (error: unknown): error is LeporelloError {
  return error instanceof LeporelloError && error.code === 'DOCUMENT_REFUSED'
}

/** No write of it has an unknown outcome then. */
function refusedWith (refusal: LeporelloError) {
  return { state: 'refused' as const, refusal, certain: true }
}

function supersededBy (id: string, set: ContainerSet, { document, sets }: Found, certain: boolean) {
  return { state: 'superseded' as const, refusal: superseded(id, set.build, document, sets), certain }
}
