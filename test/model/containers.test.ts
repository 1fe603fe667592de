import t, { type Test } from 'tap'
import { EmbeddedDocumentIndex } from '../../src/adapters/embedded/document-index.js'
import { RemoteDocumentIndex } from '../adapters/embedded/remote-index.js'
import { temporaryFolder } from '../app.js'
import { Random } from '../random.js'
import { unconditional, unreliable } from './index-faults.js'
import { concurrentRuns, sequentialRuns } from './runs.js'
import { Site } from './site.js'

const RUNS = Number(process.env['LEPORELLO_MODEL_RUNS'] ?? 100)

async function embedded (t: Test): Promise<Site> {
  const index = await EmbeddedDocumentIndex.open({ folder: await temporaryFolder(t) })
  t.teardown(() => index.close())
  return await Site.make(t, index)
}

t.test('one after the other, every answer is the model\'s', async t => {
  const site = await embedded(t)
  const instances = [1, 2, 3].map(() => site.instance())
  await sequentialRuns({ site, instances: () => instances, runs: RUNS })
})

t.test('at once through three instances, an order explains every answer', async t => {
  const site = await embedded(t)
  const instances = [1, 2, 3].map(() => site.instance())
  await concurrentRuns({ site, instances: () => instances, runs: RUNS })
})

t.test('at once through one instance, too', async t => {
  const site = await embedded(t)
  const instances = [site.instance()]
  await concurrentRuns({ site, instances: () => instances, runs: RUNS })
})

t.test('at once through three processes on one catalogue', async t => {
  const folder = await temporaryFolder(t)
  const indices = await Promise.all([1, 2, 3].map(() => RemoteDocumentIndex.open(t, folder)))
  const site = await Site.make(t, indices[0]!)
  const instances = indices.map(index => site.instance({ index }))
  await concurrentRuns({ site, instances: () => instances, runs: Math.ceil(RUNS / 2) })
})

t.test('with writes that are lost, unanswered or late', async t => {
  const site = await embedded(t)
  const faults = { random: new Random(1), late: site.late, outOf: 8 }
  const instances = [1, 2, 3].map(() => site.instance({ index: unreliable(site.index, faults) }))
  await concurrentRuns({ site, instances: () => instances, runs: RUNS, mayRepeat: true })
})

t.test('without the condition on the write no order is found: the test can fail', async t => {
  const site = await embedded(t)
  const instances = [1, 2, 3].map(() => site.instance({ index: unconditional(site.index, ['container']) }))
  await t.rejects(concurrentRuns({ site, instances: () => instances, runs: 1000, endsAtFirst: true }), { message: /Counterexample/, cause: { message: /no order explains these/ } })
})
