import { setTimeout } from 'node:timers/promises'
import type { LeporelloClient } from '../../src/client/index.js'
import type { Random } from '../random.js'
import { Caller } from './caller.js'
import { ARCHITECTURES, type Architecture, type Change, type Images } from './changes.js'
import { NOTHING, shownIn, type Shown } from './shown.js'
import type { TarballFile } from './tarball-files.js'
import type { Work } from './work.js'

/** A request that changes a registration: what it does, and whether its repetition does no harm. */
interface Plan extends Pick<Change, 'what' | 'writes' | 'clears'> {
  readonly send: (client: LeporelloClient) => Promise<unknown>
  readonly repeats: boolean
  readonly files?: readonly TarballFile[]
}

/** After so many requests of which nobody knows what became, too much is possible of a name. */
const MOST_DOUBTS = 3

const MOST_CHANGES = 30

/** Of the requests that are three, one for each architecture, at the same time. */
const AT_ONCE = 0.2

/** What may be answered where others change the same registration, or where a lost request may have. */
const REFUSALS = [404, 400, 412]

/** Changes registrations without builds, one after the other: those of its own, or ones that others change as well. */
export class PlainClient {
  readonly #work: Work
  readonly #random: Random
  readonly #caller: Caller
  readonly #shared: readonly string[] | undefined
  readonly #prefix: string
  #names = 0
  #name = ''
  #now: Shown = NOTHING
  #tag: string | undefined

  constructor (work: Work, random: Random, named: { readonly prefix: string } | { readonly shared: readonly string[] }) {
    this.#work = work
    this.#random = random
    this.#caller = new Caller(work, random)
    this.#shared = 'shared' in named ? named.shared : undefined
    this.#prefix = 'prefix' in named ? named.prefix : ''
  }

  async run (): Promise<void> {
    while (!this.#work.isOver) {
      this.#choose()
      if (this.#random.next() < AT_ONCE) await Promise.all(ARCHITECTURES.map(each => this.#change(this.#merge(`merge at once ${this.#changes.length + 1}`, [each]))))
      else await this.#change(await this.#plan())
      await this.#look()
      await setTimeout(this.#random.below(200)) // a client does something else as well
    }
  }

  get #changes (): Change[] {
    return this.#work.ledger.changes(this.#name)
  }

  get #doubts (): number {
    return this.#changes.filter(({ loose }) => loose).length
  }

  #choose (): void {
    if (this.#shared !== undefined) this.#name = this.#random.pick(this.#shared)
    else if (this.#name === '' || this.#doubts >= MOST_DOUBTS || this.#changes.length >= MOST_CHANGES) {
      this.#name = `${this.#prefix}-${++this.#names}:1`
      this.#now = NOTHING
      this.#tag = undefined
    }
  }

  async #plan (): Promise<Plan> {
    const kind = this.#random.pick(['merge', 'merge', 'merge', 'add', 'add', 'detach', 'remove', 'upload', 'conditional merge'] as const)
    const name = this.#name
    const what = `${kind} ${this.#changes.length + 1}`
    const present = Object.keys(this.#now.images) as Architecture[]
    const common = { name, version: '1' }
    if (kind === 'detach' && (present.length > 1 || this.#shared !== undefined)) {
      const architecture = this.#random.pick(this.#shared === undefined ? present : ARCHITECTURES)
      return { what, writes: {}, clears: [architecture], repeats: false, send: client => client.detach(name, architecture) }
    }
    if (kind === 'remove' && (present.length > 0 || this.#shared !== undefined)) {
      return { what, writes: {}, clears: 'others', repeats: false, send: client => client.remove(name) }
    }
    if (kind === 'upload') return await this.#upload(what)
    if (kind === 'add') {
      const urls = this.#urls(what, this.#some())
      return { what, writes: urls, clears: 'others', repeats: true, send: client => client.register({ ...common, digest: 'd', urls: urls as Record<string, string> }) }
    }
    return this.#merge(what, this.#some(), kind === 'conditional merge' ? this.#tag : undefined)
  }

  #merge (what: string, architectures: readonly Architecture[], ifMatch?: string): Plan {
    const name = this.#name
    const urls = this.#urls(what, architectures)
    return {
      what,
      writes: urls,
      clears: [],
      repeats: ifMatch === undefined,
      send: client => client.merge({ name, version: '1', urls: urls as Record<string, string> }, { ifMatch })
    }
  }

  async #upload (what: string): Promise<Plan> {
    const files = await Promise.all(this.#some().map(architecture => this.#work.files.make(this.#name, architecture)))
    const mode = this.#random.pick(['merge', 'replace'] as const)
    return {
      what: `${what} (${mode})`,
      writes: Object.fromEntries(files.map(({ architecture, token }) => [architecture, token])),
      clears: mode === 'replace' ? 'others' : [],
      repeats: true,
      files,
      send: client => client.upload({ name: this.#name, version: '1', tarballs: files, mode })
    }
  }

  #some (): Architecture[] {
    const [first, second] = [this.#random.pick(ARCHITECTURES), this.#random.pick(ARCHITECTURES)]
    return [...new Set([first, second])]
  }

  #urls (what: string, architectures: readonly Architecture[]): Images {
    return Object.fromEntries(architectures.map(architecture =>
      [architecture, `s3://b/${this.#name.replace(':', '-')}/${what.replaceAll(' ', '-')}-${++this.#work.sent}-${architecture}.tar`]))
  }

  async #change ({ what, writes, clears, send, repeats, files = [] }: Plan): Promise<void> {
    const { figures } = this.#work
    const change: Change = { what, writes, clears, start: figures.now(), end: Infinity, outcome: 'under way', loose: false }
    const isClear = this.#shared === undefined && this.#doubts === 0
    this.#changes.push(change)
    const kind = what.replace(/ \d+.*/, '')
    const outcome = await this.#caller.call({ what: kind, send, repeats }, () => { change.loose = true })
    change.end = figures.now()
    change.outcome = outcome.state === 'refused' && change.loose ? 'unknown' : outcome.state
    await this.#work.files.remove(files)
    if (outcome.state === 'refused' && (isClear || !mayBeRefused(plainKind(kind), outcome.error.status))) {
      figures.wrong(this.#name, [`${what} was answered ${outcome.error.status} ${outcome.error.code}: ${outcome.error.message}`])
    }
  }

  /** Through any instance: what was acknowledged is there at once. */
  async #look (): Promise<void> {
    const seen = await look(this.#caller, this.#work, this.#name)
    if (seen === undefined) return
    this.#now = seen.shown
    this.#tag = seen.tag
  }
}

/** Looks at a registration and says what is wrong with it; undefined when it cannot be had just now. */
export async function look (
  caller: Caller, { figures, ledger }: Work, name: string
): Promise<{ readonly shown: Shown, readonly tag: string | undefined } | undefined> {
  const from = figures.now()
  const outcome = await caller.call({ what: 'info', send: client => client.info(name), repeats: true })
  if (outcome.state === 'unknown') return undefined
  if (outcome.state === 'refused' && outcome.error.status !== 404) {
    figures.wrong(name, [`info was answered ${outcome.error.status} ${outcome.error.code}: ${outcome.error.message}`])
    return undefined
  }
  const { document, tag } = outcome.state === 'done' ? outcome.value : { document: undefined, tag: undefined }
  const shown = document === undefined ? NOTHING : shownIn(document)
  figures.wrong(`info of ${name}`, ledger.mistakes(name, shown, { from, to: figures.now() }))
  return { shown, tag }
}

function plainKind (kind: string): string {
  return kind === 'conditional merge' ? 'conditional' : kind
}

function mayBeRefused (kind: string, status: number): boolean {
  return ['detach', 'remove', 'conditional'].includes(kind) && REFUSALS.includes(status)
}
