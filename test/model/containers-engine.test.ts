import t from 'tap'
import { openIndex, ownIndices } from '../adapters/search/helpers.js'
import { startEngine } from '../engines/engine.js'
import { enginesUnderTest } from '../engines/under-test.js'
import { Random } from '../random.js'
import { unreliable } from './index-faults.js'
import { concurrentRuns, sequentialRuns } from './runs.js'
import { Site } from './site.js'

const RUNS = Number(process.env['LEPORELLO_MODEL_RUNS'] ?? 100)

for (const name of enginesUnderTest()) {
  t.test(name, async t => {
    const { url } = await startEngine(t, name)
    const indices = ownIndices()
    const open = () => openIndex(t, url, { indices })
    const site = await Site.make(t, open())
    const own = [open(), open(), open()]
    const instances = own.map(index => site.instance({ index }))

    t.test('one after the other, every answer is the model\'s', async () => {
      await sequentialRuns({ site, instances: () => instances, runs: Math.ceil(RUNS / 4) })
    })

    t.test('at once through three instances, an order explains every answer', async () => {
      await concurrentRuns({ site, instances: () => instances, runs: RUNS })
    })

    t.test('with writes that are lost, unanswered or late', async () => {
      const faults = { random: new Random(1), late: site.late, outOf: 8 }
      const faulty = own.map(index => site.instance({ index: unreliable(index, faults) }))
      await concurrentRuns({ site, instances: () => faulty, runs: RUNS, mayRepeat: true })
    })
  })
}
