import { Readable } from 'node:stream'
import { factsKey, placeOf, tarballOfFacts } from '../domain/tarball-key.js'
import { Deadline } from '../deadline.js'
import { LeporelloError } from '../errors.js'
import type { DocumentIndex } from '../ports/document-index.js'
import type { ImageStore, ObjectFacts } from '../ports/image-store.js'
import { TARBALLS_PREFIX, type KeptTarball } from './kept-tarballs.js'
import { UnnamedTarballs } from './named-tarballs.js'
import { SweepFlags, type SweepFlag } from './sweep-flags.js'
import { emptyReport, type SweepReport } from './sweep-report.js'
import { SweepStop } from './sweep-stop.js'
import { lookAround, type SweepView } from './sweep-view.js'
import type { UploadRecords } from './upload-records.js'

export interface SweepOptions {
  readonly index: DocumentIndex
  readonly images: ImageStore
  readonly records: UploadRecords
  /** For how long a tarball must have been unnamed; both stages take so long. */
  readonly graceMs: number
  /** Further indices of the engine whose documents may name tarballs. */
  readonly indices: readonly string[]
  readonly requestTimeoutMs: number
  /** Told of each thing that is done, a line without a line break. */
  readonly log?: (line: string) => void
  /** This process's own clock. */
  readonly now?: () => Date
}

export interface SweepMode {
  /** Only tells what would be done. */
  readonly dryRun: boolean
  /** Goes on although more than half of all tarballs are newly unnamed. */
  readonly force?: boolean
  /** When it is aborted, the sweep stops before its next step. */
  readonly signal?: AbortSignal
}

/** Some stores tell the time to the second, and look at their clock once a second. */
const CLOCK_RESOLUTION_MS = 2000

const HEADS_AT_ONCE = 8

/**
 * Removes tarballs of ours that no document names, in two stages: an unnamed one is condemned, and when it is still
 * unnamed after the grace it is deleted. Any number of processes may sweep at once.
 */
export class Sweep {
  readonly #options: SweepOptions

  constructor (options: SweepOptions) {
    this.#options = options
  }

  /** Never rejects because the index or the store fails: the report tells where the sweep stopped. */
  async run (mode: SweepMode): Promise<SweepReport> {
    const report = emptyReport(mode.dryRun)
    try {
      const owner = await this.#ownerOfPlace()
      if (owner !== undefined) {
        const now = await this.#storeTime()
        const view = await lookAround(this.#options, now, mode.signal)
        await new SweepRun(this.#options, mode, { owner, now, view }, report).run()
      }
    } catch (error) {
      if (!(error instanceof SweepStop || error instanceof LeporelloError)) throw error
      report.stopped = error.message
    }
    return report
  }

  /** Undefined when there is nothing to sweep, since nothing was ever stored. */
  async #ownerOfPlace (): Promise<string | undefined> {
    const { records } = this.#options
    const owner = await records.knownOwner()
    if (owner === undefined) return undefined
    const mark = await records.markOfPlace()
    if (mark === owner) return owner
    throw new SweepStop(mark === undefined
      ? `the store does not say whose tarballs it holds (no object .leporello), and this is the catalogue ${owner}`
      : `the tarballs in the store belong to the catalogue ${mark}, and this is the catalogue ${owner}`)
  }

  /** The store's clock decides; a service whose own is far from it makes uploads that look older than they are. */
  async #storeTime (): Promise<Date> {
    const { images, graceMs, now = () => new Date() } = this.#options
    const before = now().getTime()
    const time = await images.now()
    const off = Math.max(before - time.getTime() - CLOCK_RESOLUTION_MS, time.getTime() - now().getTime() - CLOCK_RESOLUTION_MS)
    if (off <= graceMs / 8) return time
    throw new SweepStop(`this clock and the store's differ by ${Math.round(off / 1000)} s, more than an eighth of the grace: ` +
      'how old tarballs are cannot be told')
  }
}

interface Findings {
  readonly owner: string
  /** By the store's clock, before anything was looked at. */
  readonly now: Date
  readonly view: SweepView
}

/** One sweep over what was found. */
class SweepRun {
  readonly #options: SweepOptions
  readonly #mode: SweepMode
  readonly #findings: Findings
  readonly #report: SweepReport
  readonly #flags: SweepFlags
  /** The first removal that the store would not do. */
  #refusal: LeporelloError | undefined

  constructor (options: SweepOptions, mode: SweepMode, findings: Findings, report: SweepReport) {
    this.#options = options
    this.#mode = mode
    this.#findings = findings
    this.#report = report
    this.#flags = new SweepFlags(options)
  }

  async run (): Promise<void> {
    const { tarballs, flags, young } = this.#findings.view
    this.#report.tarballs = tarballs.size
    this.#report.young = young
    const fresh = await this.#newlyUnnamed()
    for (const [key, flag] of flags) await this.#meetFlag(flag, tarballs.get(key) ?? gone(key))
    for (const tarball of fresh) await this.#condemn(tarball)
    await this.#abandonUploads()
    await this.#removeRecords()
    if (this.#refusal !== undefined) throw this.#refusal
  }

  /** Those to condemn. Comes before anything is changed: when there are too many, nothing may be. */
  async #newlyUnnamed (): Promise<KeptTarball[]> {
    const { owner, view: { tarballs, flags, old, unnamed } } = this.#findings
    this.#report.candidates = [...tarballs.values()].filter(({ key, place }) =>
      (old.has(key) || flags.has(key)) && unnamed.has(place)).length
    const suspects = [...old].filter(key => !flags.has(key)).map(key => tarballs.get(key)!)
      .filter(({ place }) => unnamed.has(place))
    let foreign = 0
    const ours = await Readable.from(suspects).filter(async (tarball: KeptTarball) => {
      this.#goOn()
      const facts = await this.#head(tarball.key)
      if (facts === undefined) return false
      if (facts.metadata['catalogue'] === owner) return true
      foreign++
      this.#spare(tarball, 'it does not carry this catalogue\'s id')
      return false
    }, { concurrency: HEADS_AT_ONCE }).toArray() as KeptTarball[]
    const all = tarballs.size - foreign
    if (ours.length <= all / 2 || this.#mode.force === true) return ours
    throw new SweepStop(`${ours.length} of ${all} tarballs are newly named by no document, which is more than half: is this ` +
      'the right catalogue, and whole? If it is, force the sweep (leporello sweep --force)')
  }

  async #meetFlag (flag: SweepFlag, tarball: KeptTarball): Promise<void> {
    const { now, view: { unnamed } } = this.#findings
    this.#goOn()
    const named = !unnamed.has(tarball.place)
    if (flag.state === 'deleting') {
      // Without the flag somebody could register it while another sweep is deleting it.
      if (named && tarball.whole) this.#spare(tarball, 'a document names it although its deletion had begun')
      else await this.#tryRemoval(tarball, () => this.#act('finished', tarball, () => this.#remove(tarball)))
    } else if (named) {
      await this.#act('pardoned', tarball, () => this.#flags.pardon(tarball.key))
    } else if (now.getTime() - Date.parse(flag.at) > this.#options.graceMs) {
      await this.#delete(flag, tarball)
    } else {
      this.#report.waiting.push(shown(tarball))
    }
  }

  async #delete (flag: SweepFlag, tarball: KeptTarball): Promise<void> {
    const facts = await this.#head(tarball.key)
    if (facts !== undefined && facts.metadata['catalogue'] !== this.#findings.owner) {
      return this.#spare(tarball, 'it does not carry this catalogue\'s id')
    }
    if (await this.#isNamedNow(facts?.metadata['container'], tarball)) {
      return await this.#act('pardoned', tarball, () => this.#flags.pardon(tarball.key))
    }
    if (!this.#mode.dryRun && !await this.#flags.begin(flag)) {
      return this.#spare(tarball, 'it was registered again, or another sweep is done with it')
    }
    await this.#tryRemoval(tarball, () => this.#act('deleted', tarball, () => this.#remove(tarball)))
  }

  /** One that the store will not remove, as a lock or a policy may say, must not keep all the others. */
  async #tryRemoval (tarball: KeptTarball, removal: () => Promise<void>): Promise<void> {
    await removal().catch(error => {
      if (!isRefusal(error)) throw error
      this.#refusal ??= error
      this.#spare(tarball, 'the store refuses to remove it')
    })
  }

  /** Reads what the engine's search may not show yet; a set becomes a container, and so is read before it. */
  async #isNamedNow (container: string | undefined, { place }: KeptTarball): Promise<boolean> {
    if (container === undefined) return false
    const { index, requestTimeoutMs } = this.#options
    const unnamed = new UnnamedTarballs([place])
    for (const kind of ['sets', 'container'] as const) {
      const document = await index.get(kind, container, Deadline.in(requestTimeoutMs))
      if (document !== undefined) unnamed.see(document.json)
    }
    return !unnamed.has(place)
  }

  /** In this order: whatever is left by a crash, the flag or else the record leads the next sweep to it. */
  async #remove ({ key, place: { ulid, file } }: KeptTarball): Promise<void> {
    const { images, records } = this.#options
    await images.remove(key)
    await images.remove(factsKey(key))
    await this.#flags.end(key)
    const { done } = await images.list(key.slice(0, -file.length))[Symbol.asyncIterator]().next()
    if (done === true) await records.remove(ulid)
  }

  async #condemn (tarball: KeptTarball): Promise<void> {
    this.#goOn()
    await this.#act('condemned', tarball, () => this.#flags.condemn(tarball.key, this.#findings.now))
  }

  async #abandonUploads (): Promise<void> {
    const { images, graceMs, log } = this.#options
    for await (const page of images.unfinished(new Date(this.#findings.now.getTime() - graceMs))) {
      for (const put of page) {
        if (!isOurs(put.key)) continue
        this.#goOn()
        try {
          if (!this.#mode.dryRun) await images.abandon(put)
        } catch (error) {
          if (!isRefusal(error)) throw error
          this.#refusal ??= error
          continue
        }
        this.#report.abandoned.push({ key: put.key, startedAt: put.startedAt })
        log?.(`abandoned ${put.key}`)
      }
    }
  }

  async #removeRecords (): Promise<void> {
    const { records, log } = this.#options
    const { emptyUploads, unnamed } = this.#findings.view
    for (const [ulid, keys] of emptyUploads) {
      // With the record goes the knowledge that this tarball is lost, as whoever registers it again is told.
      if (keys.some(key => !unnamed.has(placeOf(key)!))) continue
      this.#goOn()
      if (await this.#isAnyThere(keys)) continue
      if (!this.#mode.dryRun) await records.remove(ulid)
      this.#report.records.push(ulid)
      log?.(`record ${ulid}`)
    }
  }

  /** What was stored since the list was made, by a service whose clock is wrong, or what the store's list leaves out. */
  async #isAnyThere (keys: readonly string[]): Promise<boolean> {
    for (const key of keys) if (await this.#options.images.head(key) !== undefined) return true
    return false
  }

  /** Of the tarball, or of its facts when only they are left. */
  async #head (key: string): Promise<ObjectFacts | undefined> {
    const { images } = this.#options
    return await images.head(key) ?? await images.head(factsKey(key))
  }

  async #act (what: 'condemned' | 'pardoned' | 'deleted' | 'finished', tarball: KeptTarball, work: () => Promise<unknown>): Promise<void> {
    if (!this.#mode.dryRun) await work()
    this.#report[what].push(shown(tarball))
    this.#options.log?.(`${what} ${tarball.key}`)
  }

  #spare (tarball: KeptTarball, reason: string): void {
    this.#report.leftAlone.push({ ...shown(tarball), reason })
  }

  #goOn (): void {
    if (this.#mode.signal?.aborted === true) throw new SweepStop('it was told to stop')
  }
}

function isRefusal (error: unknown): error is LeporelloError {
  return error instanceof LeporelloError && error.code === 'STORE_REFUSED'
}

function shown ({ key, size }: KeptTarball) {
  return { key, size }
}

function gone (key: string): KeptTarball {
  return { key, place: placeOf(key)!, size: 0, whole: false, youngest: 0 }
}

/** The place is this catalogue's, and so are its unfinished puts, but for those that others make beside our folder. */
function isOurs (key: string): boolean {
  return key === '' || (key.startsWith(TARBALLS_PREFIX) && placeOf(tarballOfFacts(key) ?? key) !== undefined)
}
