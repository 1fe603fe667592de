import t, { type Test } from 'tap'
import { EmbeddedDocumentIndex } from '../../src/adapters/embedded/document-index.js'
import { temporaryFolder } from '../app.js'
import { Random } from '../random.js'
import { unreliable } from './index-faults.js'
import { concurrentRuns, sequentialRuns } from './runs.js'
import { Site } from './site.js'

const RUNS = Number(process.env['LEPORELLO_MODEL_RUNS'] ?? 100)

/** What meets a set whose owner is gone waits for no longer. */
const SHORT_MS = 250

async function embedded (t: Test): Promise<Site> {
  const index = await EmbeddedDocumentIndex.open({ folder: await temporaryFolder(t) })
  t.teardown(() => index.close())
  return await Site.make(t, index)
}

t.test('builds and sets one after the other: every answer and document is the model\'s', async t => {
  const site = await embedded(t)
  const instances = [1, 2, 3].map(() => site.instance())
  await sequentialRuns({ site, instances: () => instances, runs: RUNS, foreign: false, sets: true })
})

t.test('beside foreign documents, too', async t => {
  const site = await embedded(t)
  const instances = [1, 2, 3].map(() => site.instance())
  await sequentialRuns({ site, instances: () => instances, runs: RUNS, sets: true })
})

t.test('at once through three instances, an order explains every answer', async t => {
  const site = await embedded(t)
  const instances = [1, 2, 3].map(() => site.instance())
  await concurrentRuns({ site, instances: () => instances, runs: RUNS, foreign: false, sets: true })
})

t.test('with writes that are lost, unanswered or late', async t => {
  const site = await embedded(t)
  const faults = { random: new Random(1), late: site.late, outOf: 16 }
  const instances = () => [1, 2, 3].map(() => site.instance({ index: unreliable(site.index, faults), requestTimeoutMs: SHORT_MS }))
  await concurrentRuns({ site, instances, runs: Math.ceil(RUNS / 2), foreign: false, sets: true, mayRepeat: true })
})

t.test('with instances that die between two writes, or in one', async t => {
  const site = await embedded(t)
  await concurrentRuns({
    site,
    instances: ([first, second]) => [first, second, undefined].map(death => site.instance({ death, requestTimeoutMs: SHORT_MS })),
    runs: Math.ceil(RUNS / 2),
    foreign: false,
    sets: true,
    deadly: true,
    mayRepeat: true
  })
})
