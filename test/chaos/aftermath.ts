import { setTimeout } from 'node:timers/promises'
import type { Test } from 'tap'
import type { SweepReport } from '../../src/catalogue/sweep-report.js'
import { LeporelloClient } from '../../src/client/index.js'
import { Deadline } from '../../src/deadline.js'
import { ContainerSets } from '../../src/domain/container-sets.js'
import { gathered } from '../contracts/bytes.js'
import { sweepUntil } from '../uploads/sweeps.js'
import { mistakesInOrder } from './builds.js'
import { hashOf, pathOf } from './readers.js'
import { contentsOf } from './site.js'
import { NOTHING, shownIn } from './shown.js'
import { mistakesInStore } from './stored.js'
import type { Work } from './work.js'

/** The services give an index up that does not answer for a second; a sweep on a busy machine has no reason to. */
const PATIENCE = { LEPORELLO_INDEX_TIMEOUT_MS: '10000', LEPORELLO_TAKEOVER_MS: '60000' }

/** When all is still and everything runs: what was acknowledged is there, and nothing else. */
export async function judge (t: Pick<Test, 'comment'>, work: Work): Promise<void> {
  await untilStill(work)
  await untilNothingIsComplete(work)
  await uploadLast(work)
  const documents = await storedDocuments(work)
  judgeRegistrations(work, documents.container)
  await judgeOrder(work, documents.container)
  t.comment(`${Math.round(work.figures.now() / 1000)} s until all was still`)
  await judgeStore(work, [...documents.container.values(), ...documents.sets.values()])
  await judgeTarballs(work, documents.container)
}

/** Whatever an instance still does, it has done when it has ended; then all are there again. */
async function untilStill ({ site: { instances, env } }: Work): Promise<void> {
  await Promise.all(instances.map(each => each.stop('SIGTERM')))
  // What was sent at last may still be on its way inside of the index.
  await setTimeout(Number(env['LEPORELLO_INDEX_TIMEOUT_MS']))
  await Promise.all(instances.map(each => each.start()))
  for (const { directUrl } of instances) {
    while (!await fetch(`${directUrl}/health/ready`).then(({ ok }) => ok)) await setTimeout(50)
  }
}

/** Another instance publishes in time what a killed one completed. */
async function untilNothingIsComplete ({ site: { instances, env }, figures }: Work): Promise<void> {
  const until = figures.now() + 5 * Number(env['LEPORELLO_TAKEOVER_MS'])
  for (;;) {
    const { result } = await (await fetch(`${instances[0]!.directUrl}/container/pending`)).json() as { result: Array<{ id: string, state: string }> }
    const complete = result.filter(({ state }) => state === 'complete')
    if (complete.length === 0) return
    if (figures.now() > until) return figures.wrong('pending', complete.map(({ id }) => `${id} stays complete`))
    await setTimeout(200)
  }
}

/** All is as it should be again: an upload is taken at the first try. There is at least this tarball then. */
async function uploadLast ({ site: { instances: [instance] }, files, ledger, figures }: Work): Promise<void> {
  const name = 'container-last:1'
  const file = await files.make(name, 'amd64')
  const client = new LeporelloClient({ url: instance!.directUrl, netrc: '/dev/null', retries: 0 })
  const start = figures.now()
  await client.upload({ name, version: '1', tarballs: [file] })
  await client.close()
  ledger.changes(name).push({ what: 'the last upload', writes: { amd64: file.token }, clears: 'others', start, end: figures.now(), outcome: 'done', loose: false })
  await files.remove([file])
}

async function storedDocuments ({ site: { index } }: Work) {
  const all = async (kind: 'container' | 'sets') => {
    await index.refresh(kind, Deadline.in(30_000))
    return new Map((await gathered(index.documents(kind))).map(({ id, json }) => [id, json]))
  }
  return { container: await all('container'), sets: await all('sets') }
}

function judgeRegistrations ({ ledger, figures }: Work, documents: ReadonlyMap<string, string>): void {
  for (const name of ledger.names) {
    const json = documents.get(name)
    const shown = json === undefined ? NOTHING : shownIn(JSON.parse(json))
    const now = figures.now()
    figures.wrong(`${name} at the end`, ledger.mistakes(name, shown, { from: now, to: now }))
    const changes = ledger.plain.get(name)
    if (changes === undefined) continue
    figures.count('names at the end', changes.some(({ loose }) => loose) ? 'with requests in doubt' : 'without a doubt')
  }
  figures.wrong('at the end', [...documents.keys()].filter(id => !ledger.names.includes(id)).map(id => `${id} was sent by nobody`))
}

async function judgeOrder ({ ledger, figures, site: { index } }: Work, documents: ReadonlyMap<string, string>): Promise<void> {
  for (const [name, builds] of ledger.builds) {
    const json = documents.get(name)
    if (json !== undefined) ledger.note(name, shownIn(JSON.parse(json)).build)
    const stored = await index.get('sets', name, Deadline.in(10_000))
    figures.wrong(`${name} at the end`, mistakesInOrder(builds, ledger.seen.get(name) ?? [], ContainerSets.parse(name, stored?.json).sets))
    for (const { jobs } of builds) figures.count('builds', jobs.every(({ arrived }) => arrived) ? 'arrived' : 'superseded or given up')
    figures.count('builds seen', name, ledger.seen.get(name)?.length)
  }
}

/**
 * After sweeps that had their time, what is named is stored and nothing else. The services sweep as well, and whoever
 * meets what another has just removed leaves it alone: that is over when there is nothing left to remove.
 */
async function judgeStore ({ site, figures }: Work, documents: readonly string[]): Promise<void> {
  const isDone = ({ stopped, young, candidates, abandoned, leftAlone }: SweepReport) =>
    stopped === undefined && young === 0 && candidates === 0 && abandoned.length === 0 && leftAlone.length === 0
  await sweepUntil({ ...site.env, ...PATIENCE }, ['--yes', '--force'], isDone)
  const contents = await contentsOf(site)
  figures.wrong('bucket', mistakesInStore(contents, documents))
  for (const key of contents) figures.count('objects at the end', key.endsWith('.facts.json') ? 'facts' : key === '.leporello' ? 'mark' : 'tarballs')
}

async function judgeTarballs ({ site: { instances }, figures }: Work, documents: ReadonlyMap<string, string>): Promise<void> {
  const [instance] = instances
  const client = new LeporelloClient({ url: instance!.directUrl, netrc: '/dev/null' })
  for (const [name, json] of documents) {
    for (const [url, sha256] of shownIn(JSON.parse(json)).tarballs) {
      const hash = await hashOf(client, `${instance!.directUrl}${pathOf(url)}`).catch(error => String(error))
      if (hash !== sha256) figures.wrong(name, [`${url} is ${hash}, not ${sha256}`])
      figures.count('tarballs downloaded at the end', 'whole')
    }
  }
  await client.close()
}
