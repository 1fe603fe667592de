import t from 'tap'
import { Catalogue } from '../../src/catalogue/catalogue.js'
import type { DocumentIndex } from '../../src/ports/document-index.js'
import { openIndex, ownIndices } from '../adapters/search/helpers.js'
import { startEngine } from '../engines/engine.js'
import { enginesUnderTest } from '../engines/under-test.js'
import { Random } from '../random.js'
import { imageStore } from './image-store.js'
import { unreliable } from './index-faults.js'
import { concurrentRuns, sequentialRuns } from './runs.js'

const RUNS = Number(process.env['LEPORELLO_MODEL_RUNS'] ?? 100)

for (const name of enginesUnderTest()) {
  t.test(name, async t => {
    const { url } = await startEngine(t, name)
    const indices = ownIndices()
    const images = await imageStore(t)
    const instance = (index: DocumentIndex, own = index) => ({ catalogue: new Catalogue({ index: own, images, requestTimeoutMs: 10_000 }), index, images })
    const open = () => instance(openIndex(t, url, { indices }))
    const instances = [open(), open(), open()]

    t.test('one after the other, every answer is the model\'s', async () => {
      await sequentialRuns({ instances, runs: Math.ceil(RUNS / 4) })
    })

    t.test('at once through three instances, an order explains every answer', async () => {
      await concurrentRuns({ instances, runs: RUNS })
    })

    t.test('with writes that are lost, unanswered or late', async () => {
      const random = new Random(1)
      const faulty = instances.map(({ index }) => instance(index, unreliable(index, random)))
      await concurrentRuns({ instances: faulty, runs: RUNS, mayRepeat: true })
    })
  })
}
