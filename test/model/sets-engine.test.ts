import t from 'tap'
import { openIndex, ownIndices } from '../adapters/search/helpers.js'
import { startEngine } from '../engines/engine.js'
import { enginesUnderTest } from '../engines/under-test.js'
import { Random } from '../random.js'
import { unreliable } from './index-faults.js'
import { concurrentRuns, sequentialRuns } from './runs.js'
import { Site } from './site.js'

const RUNS = Number(process.env['LEPORELLO_MODEL_RUNS'] ?? 40)

/** What meets a set whose owner is gone waits for no longer. */
const SHORT_MS = 1000

for (const name of enginesUnderTest()) {
  t.test(name, async t => {
    const { url } = await startEngine(t, name)
    const indices = ownIndices()
    const open = () => openIndex(t, url, { indices })
    const site = await Site.make(t, open())
    const own = [open(), open(), open()]
    const instances = own.map(index => site.instance({ index }))

    t.test('builds and sets one after the other: every answer and document is the model\'s', async () => {
      await sequentialRuns({ site, instances: () => instances, runs: Math.ceil(RUNS / 4), sets: true })
    })

    t.test('at once through three instances, an order explains every answer', async () => {
      await concurrentRuns({ site, instances: () => instances, runs: RUNS, foreign: false, sets: true })
    })

    t.test('with writes that are lost, unanswered or late', async () => {
      const faults = { random: new Random(1), late: site.late, outOf: 16 }
      const faulty = () => own.map(index => site.instance({ index: unreliable(index, faults), requestTimeoutMs: SHORT_MS }))
      await concurrentRuns({ site, instances: faulty, runs: Math.ceil(RUNS / 2), foreign: false, sets: true, mayRepeat: true })
    })

    t.test('with instances that die between two writes, or in one', async () => {
      await concurrentRuns({
        site,
        instances: ([first, second]) => [first, second, undefined].map((death, at) => site.instance({ index: own[at]!, death, requestTimeoutMs: SHORT_MS })),
        runs: Math.ceil(RUNS / 2),
        foreign: false,
        sets: true,
        deadly: true,
        mayRepeat: true
      })
    })
  })
}
