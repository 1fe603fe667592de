import { Deadline } from '../../src/deadline.js'
import { placeInUrl, placeOf, tarballOfFacts } from '../../src/domain/tarball-key.js'
import type { DocumentIndex } from '../../src/ports/document-index.js'
import type { Event, Final } from './history.js'
import { buildInUrl } from './operation.js'
import type { Site } from './site.js'
import type { Images } from './state.js'
import { Sweeper } from './sweeper.js'

/** After at most so many turns of the timer nothing is complete any more: one sees it, the next takes it over. */
const MOST_TURNS = 10

/** Lets what is on its way arrive, and then the timer publish what killed instances completed. */
export async function finish (site: Site, names: readonly string[]): Promise<void> {
  await site.late.landed()
  site.young.clear()
  const heir = site.heir()
  for (let turns = 0; turns < MOST_TURNS; turns++) {
    const pending = await Promise.all(names.map(name => heir.pending(name)))
    if (pending.flat().every(({ state }) => state !== 'complete')) return
    await heir.settleSets(Infinity, failed)
  }
  throw new Error('a set stays complete')
}

/** The timer is not disturbed by anything in these tests. */
export function failed (id: string, error: unknown): never {
  throw new Error(`${id} was not settled`, { cause: error })
}

/** Of what is stored under a name: somebody sent it, and with the build it is shown as. */
export function checkNames (events: readonly Event[], { content, sets }: Final): void {
  const sent = new Map<string, string | undefined>(events.flatMap(({ operation, stored }) => {
    if (stored !== undefined && 'build' in operation) return [[stored.url, operation.build] as const]
    if (stored !== undefined) return [[stored.url, undefined] as const]
    return 'urls' in operation ? Object.values(operation.urls).map(url => [url, buildInUrl(url)] as const) : []
  }))
  check(content?.images ?? {}, content?.build)
  for (const { images, build, state } of sets) {
    check(images, build)
    if (state === 'complete') throw new Error('a set stays complete')
  }

  function check (images: Images, build: string | undefined): void {
    for (const { url } of Object.values(images)) {
      if (!sent.has(url)) throw new Error(`${url} was sent by nobody`)
      const its = sent.get(url)
      if (its !== undefined && its !== build) throw new Error(`${url} is of build ${its} and stands with build ${build}`)
    }
  }
}

/** When all is still, two sweeps leave what is named, all of it and nothing else. */
export async function checkStore (site: Site): Promise<void> {
  const sweeper = new Sweeper({ ...site, records: site.heir().records })
  for (let sweep = 0; sweep < 2; sweep++) await sweeper.sweep()
  const named = new Set<string>()
  for await (const json of documents(site.index)) {
    for (const url of json.match(/http:\/\/leporello\.test[^"\\]*/g) ?? []) named.add(placeInUrl(url)!.ulid)
  }
  const stored = new Set<string>()
  for await (const page of site.images.list('containers/')) for (const { key } of page) stored.add(placeOf(tarballOfFacts(key) ?? key)!.ulid)
  const missing = [...named].filter(upload => !stored.has(upload))
  const left = [...stored].filter(upload => !named.has(upload))
  if (missing.length > 0) throw new Error(`named, but not stored: ${missing.join()}`)
  if (left.length > 0) throw new Error(`stored, but named by nobody: ${left.join()}`)
}

/** Removes what a run left, as far as it can be removed, so that the next sweeps have less to read. */
export async function forget ({ index }: Site, names: readonly string[]): Promise<void> {
  for (const name of names) {
    for (const kind of ['container', 'sets'] as const) {
      const current = await index.get(kind, name, Deadline.in(30_000))
      if (current !== undefined) await index.remove(kind, name, current.version, Deadline.in(30_000))
    }
  }
}

/** All that may name a tarball. */
async function * documents (index: DocumentIndex): AsyncGenerator<string> {
  for (const kind of ['container', 'sets'] as const) {
    await index.refresh(kind, Deadline.in(30_000))
    for await (const page of index.documents(kind)) for (const { json } of page) yield json
  }
}
