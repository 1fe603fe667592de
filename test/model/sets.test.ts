import t, { type Test } from 'tap'
import { EmbeddedDocumentIndex } from '../../src/adapters/embedded/document-index.js'
import { isOpen, type ContainerSet } from '../../src/domain/container-sets.js'
import { RemoteDocumentIndex } from '../adapters/embedded/remote-index.js'
import { temporaryFolder } from '../app.js'
import { Random } from '../random.js'
import type { Instance } from './client.js'
import { leisurely, misread, unconditional, unreliable } from './index-faults.js'
import { concurrentRuns, sequentialRuns } from './runs.js'
import { Site } from './site.js'

const RUNS = Number(process.env['LEPORELLO_MODEL_RUNS'] ?? 40)

/** What meets a set whose owner is gone waits for no longer. */
const SHORT_MS = 250

async function embedded (t: Test): Promise<Site> {
  const index = await EmbeddedDocumentIndex.open({ folder: await temporaryFolder(t) })
  t.teardown(() => index.close())
  return await Site.make(t, index)
}

/** Instances whose requests to the index fall between each other. */
function three (site: Site): Instance[] {
  const random = new Random(1)
  return [1, 2, 3].map(() => site.instance({ index: leisurely(site.index, random) }))
}

t.test('builds and sets one after the other: every answer and document is the model\'s', async t => {
  const site = await embedded(t)
  const instances = [1, 2, 3].map(() => site.instance())
  await sequentialRuns({ site, instances: () => instances, runs: RUNS, foreign: false, sets: true })
})

t.test('one after the other beside foreign documents, too', async t => {
  const site = await embedded(t)
  const instances = [1, 2, 3].map(() => site.instance())
  await sequentialRuns({ site, instances: () => instances, runs: RUNS, sets: true })
})

t.test('at once through three instances, an order explains every answer', async t => {
  const site = await embedded(t)
  const instances = three(site)
  await concurrentRuns({ site, instances: () => instances, runs: RUNS, foreign: false, sets: true })
})

t.test('at once through one instance, in which they share writes', async t => {
  const site = await embedded(t)
  const instances = [site.instance()]
  await concurrentRuns({ site, instances: () => instances, runs: Math.ceil(RUNS / 2), foreign: false, sets: true })
})

t.test('at once beside foreign documents', async t => {
  const site = await embedded(t)
  const instances = three(site)
  await concurrentRuns({ site, instances: () => instances, runs: Math.ceil(RUNS / 2), sets: true })
})

t.test('with writes that are lost, unanswered or late', async t => {
  const site = await embedded(t)
  const faults = { random: new Random(1), late: site.late, outOf: 16 }
  const instances = () => [1, 2, 3].map(() => site.instance({ index: leisurely(unreliable(site.index, faults), faults.random), requestTimeoutMs: SHORT_MS }))
  await concurrentRuns({ site, instances, runs: Math.ceil(RUNS / 2), foreign: false, sets: true, mayRepeat: true })
})

t.test('with instances that die between two writes, or in one', async t => {
  const site = await embedded(t)
  const index = leisurely(site.index, new Random(1))
  await concurrentRuns({
    site,
    instances: ([first, second]) => [first, second, undefined].map(death => site.instance({ index, death, requestTimeoutMs: SHORT_MS })),
    runs: Math.ceil(RUNS / 2),
    foreign: false,
    sets: true,
    deadly: true,
    mayRepeat: true
  })
})

t.test('with an instance whose process is killed', async t => {
  const folder = await temporaryFolder(t)
  const others = await Promise.all([1, 2].map(() => RemoteDocumentIndex.open(t, folder)))
  const site = await Site.make(t, others[0]!)
  let doomed: RemoteDocumentIndex | undefined
  await concurrentRuns({
    site,
    instances: async ([death]) => {
      const index = doomed ??= await RemoteDocumentIndex.open(t, folder)
      const kill = () => {
        doomed = undefined
        index.kill()
      }
      return [site.instance({ index, death, kill, requestTimeoutMs: SHORT_MS }), ...others.map(index => site.instance({ index, requestTimeoutMs: SHORT_MS }))]
    },
    runs: Math.ceil(RUNS / 5),
    foreign: false,
    sets: true,
    deadly: true,
    mayRepeat: true
  })
})

t.test('without the condition on what is written to the sets no order is found: the test can fail', async t => {
  const site = await embedded(t)
  const instances = [1, 2, 3].map(() => site.instance({ index: unconditional(site.index, ['sets']) }))
  await t.rejects(concurrentRuns({ site, instances: () => instances, runs: 1000, foreign: false, sets: true, endsAtFirst: true }), { message: /Counterexample/ })
})

t.test('nor where an instance cannot see which builds are over', async t => {
  const site = await embedded(t)
  const forgetful = misread(site.index, 'sets', document => ({ ...document, sets: (document['sets'] as ContainerSet[]).filter(isOpen) }))
  const instances = [1, 2, 3].map(() => site.instance({ index: forgetful }))
  await t.rejects(sequentialRuns({ site, instances: () => instances, runs: 1000, foreign: false, sets: true, endsAtFirst: true }), { message: /Counterexample/, cause: { message: /not the model's|shows a set that is unknown/ } })
})

t.test('nor where it is not kept in the registration which set it shows', async t => {
  const site = await embedded(t)
  const unmarked = misread(site.index, 'container', ({ set, ...document }) => document)
  const instances = [1, 2, 3].map(() => site.instance({ index: unmarked }))
  await t.rejects(sequentialRuns({ site, instances: () => instances, runs: 1000, foreign: false, sets: true, endsAtFirst: true }), { message: /Counterexample/, cause: { message: /not the model's|shows a set that is unknown/ } })
})
