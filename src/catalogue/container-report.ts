import { runnableOn } from '../domain/architecture-match.js'
import { compareArchitectures, type Architecture } from '../domain/architecture.js'
import { ContainerDocument } from '../domain/container-document.js'
import { quoted } from '../domain/quoted.js'
import type { UrlFlaw } from '../domain/registered-urls.js'
import type { Deadline } from '../deadline.js'
import type { DocumentIndex, StoredDocument } from '../ports/document-index.js'

/** Containers of which something is true: how many, and the first of their ids. */
export interface Listed {
  readonly count: number
  readonly ids: readonly string[]
}

/** What keeps HySDS from using a document. */
export type Flaw = UrlFlaw | { readonly code: 'ID_WRONG', readonly message: string }

export interface FlawedContainer {
  readonly id: string
  readonly flaws: readonly Flaw[]
}

/** What a site has, lacks, and should mend. */
export interface ContainerReport {
  readonly containers: number
  /** How many containers have an image for each architecture. */
  readonly architectures: Readonly<Record<string, number>>
  /** For each architecture of the site, the containers without an image for it: there a worker loads `url`, whatever that is. */
  readonly lacking: Readonly<Record<string, Listed>>
  /** Without `urls`, from before there were several architectures. */
  readonly legacy: Listed
  /** Whose images are of different versions. */
  readonly versions_differ: Listed
  /** What workers cannot use, or would misunderstand. */
  readonly flawed: { readonly count: number, readonly containers: readonly FlawedContainer[] }
}

/** So many are listed of each; the counts are whole. */
const MOST_LISTED = 1000

/** Reads every container once, in memory that does not grow with them. */
export async function reportOn (index: DocumentIndex, deadline: Deadline): Promise<ContainerReport> {
  const tally = new Tally()
  await index.refresh('container', deadline)
  for await (const page of index.documents('container', { deadline })) for (const document of page) tally.add(document)
  return tally.report()
}

class List {
  count = 0
  readonly ids: string[] = []

  add (id: string): void {
    this.count++
    if (this.ids.length < MOST_LISTED) this.ids.push(id)
  }
}

class Tally {
  #containers = 0
  #flawed = 0
  readonly #legacy = new List()
  readonly #versionsDiffer = new List()
  readonly #flaws: FlawedContainer[] = []
  /** By the architectures they have: which a site has is known only at the end. */
  readonly #sets = new Map<string, { readonly architectures: readonly Architecture[], readonly containers: List }>()

  add ({ id, json }: StoredDocument): void {
    const document = ContainerDocument.parse(json)
    const { urls: { architectures, isLegacy } } = document
    const flaws = flawsOf(id, document)
    this.#containers++
    this.#set(architectures).add(id)
    if (isLegacy && !flaws.some(({ code }) => code === 'URLS_UNREADABLE')) this.#legacy.add(id)
    if (document.differingVersions.size > 0) this.#versionsDiffer.add(id)
    if (flaws.length === 0) return
    this.#flawed++
    if (this.#flaws.length < MOST_LISTED) this.#flaws.push({ id, flaws })
  }

  report (): ContainerReport {
    const sets = [...this.#sets.values()]
    const all = [...new Set(sets.flatMap(({ architectures }) => architectures))].sort(compareArchitectures)
    const listsOf = (fits: (architectures: readonly Architecture[]) => boolean) =>
      sets.filter(({ architectures }) => fits(architectures)).map(({ containers }) => containers)
    return {
      containers: this.#containers,
      architectures: Object.fromEntries(all.map(name => [name, sum(listsOf(has => has.includes(name)))])),
      lacking: Object.fromEntries(all.map(name => [name, together(listsOf(has => !isServed(name, has)))])),
      legacy: together([this.#legacy]),
      versions_differ: together([this.#versionsDiffer]),
      flawed: { count: this.#flawed, containers: this.#flaws }
    }
  }

  #set (architectures: readonly Architecture[]): List {
    const key = architectures.join()
    const set = this.#sets.get(key) ?? { architectures, containers: new List() }
    this.#sets.set(key, set)
    return set.containers
  }
}

function flawsOf (id: string, document: ContainerDocument): readonly Flaw[] {
  const { flaws } = document.urls
  const said = document.text('id')
  if (said === id) return flaws
  const what = said === undefined ? 'it has no id' : `its id is ${quoted(said)}`
  return [{ code: 'ID_WRONG', message: `${what}, and that is the name by which HySDS looks for the image` }, ...flaws]
}

/** As `resolve` judges; but a worker looks for the name of its machine, which for arm says the variant. */
function isServed (machine: Architecture, has: readonly Architecture[]): boolean {
  const found = machine.startsWith('arm/') ? [machine] : runnableOn(machine)
  return found.some(architecture => has.includes(architecture))
}

function sum (lists: readonly List[]): number {
  return lists.reduce((total, { count }) => total + count, 0)
}

/** The first ids of all lists, of which each has its own first ones. */
function together (lists: readonly List[]): Listed {
  const ids = lists.flatMap(({ ids }) => ids)
  if (lists.length > 1) ids.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  return { count: sum(lists), ids: ids.slice(0, MOST_LISTED) }
}
