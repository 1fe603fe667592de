import { createHash } from 'node:crypto'
import { keyInUrl } from '../../src/domain/tarball-key.js'
import type { Random } from '../random.js'
import { Caller, type Request } from './caller.js'
import { ARCHITECTURES, isThere, type Look } from './changes.js'
import { look } from './plain-client.js'
import type { Shown } from './shown.js'
import type { Work } from './work.js'

/** Looks at all that there is, all the time; the only one who notes in which order builds are shown. */
export async function watchBuilds (work: Work, random: Random): Promise<void> {
  const caller = new Caller(work, random)
  while (!work.isOver) {
    for (const name of [...work.ledger.builds.keys()]) {
      const seen = await look(caller, work, name)
      if (seen === undefined) continue
      work.ledger.note(name, seen.shown.build)
      if (random.next() < 0.3) await download(caller, work, name, seen.shown, random)
    }
  }
}

/** Lists, resolves, searches, reports and asks what waits, and holds what it is told against what was sent. */
export async function read (work: Work, random: Random): Promise<void> {
  const { ledger, figures } = work
  const caller = new Caller(work, random)
  const ask = async <T> (what: string, send: Request<T>['send'], refusals: readonly number[] = []): Promise<T | undefined> => {
    const outcome = await caller.call({ what, send, repeats: true })
    if (outcome.state === 'refused' && !refusals.includes(outcome.error.status)) {
      figures.wrong(what, [`it was answered ${outcome.error.status} ${outcome.error.code}: ${outcome.error.message}`])
    }
    return outcome.state === 'done' ? outcome.value : undefined
  }
  while (!work.isOver) {
    const name = random.pick(ledger.names)
    const architecture = random.pick(ARCHITECTURES)
    const resolved = await ask('resolve', client => client.resolve(name, architecture), [404])
    if (resolved !== undefined && !ledger.knows(name, architecture, resolved.sha256 ?? resolved.url)) {
      figures.wrong(`resolve of ${name}`, [`${resolved.url} was sent by nobody for ${architecture}`])
    }
    const seen = await look(caller, work, name)
    if (seen !== undefined) await download(caller, work, name, seen.shown, random)
    const from = figures.now()
    const listed = await ask('list', client => client.list())
    if (listed !== undefined) figures.wrong('list', mistakesInList(work, listed, { from, to: figures.now() }))
    const report = await ask('report', client => client.report())
    if (report !== undefined && report.flawed.count > 0) figures.wrong('report', [JSON.stringify(report.flawed)])
    await ask('search', client => client.search({ q: 'container', size: 50 }))
    await ask('pending', client => client.pending(name))
  }
}

/** It has all names that are there, as far as that is certain, and no others. */
function mistakesInList ({ ledger, figures }: Work, listed: readonly string[], look: Look): string[] {
  const ids = new Set(listed)
  const certain = [...ledger.plain].map(([name, changes]) => ({ name, there: isThere(changes, look) })).filter(({ there }) => there !== undefined)
  figures.count('names of which it is certain whether a list has them', 'looked for', certain.length)
  return [
    ...listed.filter(each => !ledger.plain.has(each) && !ledger.builds.has(each)).map(each => `it has ${each}, which nobody has sent`),
    ...certain.filter(({ name, there }) => there !== ids.has(name)).map(({ name, there }) => there === true ? `it lacks ${name}` : `it still has ${name}`)
  ]
}

/** One of the tarballs that a registration named a moment ago, byte for byte. */
async function download (caller: Caller, { figures, graceMs }: Work, name: string, { tarballs }: Shown, random: Random): Promise<void> {
  if (tarballs.size === 0) return
  const [url, sha256] = random.pick([...tarballs])
  const began = figures.now()
  const outcome = await caller.call({
    what: 'download', repeats: true, send: (client, instance) => hashOf(client, `${instance.url}${pathOf(url)}`)
  })
  // Later than that it may have been replaced and swept.
  if (outcome.state === 'refused' && figures.now() - began < graceMs) figures.wrong(name, [`${url} is shown and was answered ${outcome.error.status} ${outcome.error.message}`])
  if (outcome.state === 'done' && outcome.value !== sha256) figures.wrong(name, [`${url} has the sha256 ${outcome.value}, not ${sha256}`])
}

export async function hashOf (client: Parameters<Request<string>['send']>[0], url: string): Promise<string> {
  const { body } = await client.download(url)
  const hash = createHash('sha256')
  for await (const chunk of body) hash.update(chunk)
  return hash.digest('hex')
}

/** Of a tarball's url, behind any service's address. */
export function pathOf (url: string): string {
  if (keyInUrl(url) === undefined) throw new Error(`${url} is no url of a tarball`)
  return new URL(url).pathname
}
