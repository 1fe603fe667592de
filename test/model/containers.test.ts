import t, { type Test } from 'tap'
import { EmbeddedDocumentIndex } from '../../src/adapters/embedded/document-index.js'
import { Catalogue } from '../../src/catalogue/catalogue.js'
import type { DocumentIndex } from '../../src/ports/document-index.js'
import { RemoteDocumentIndex } from '../adapters/embedded/remote-index.js'
import { temporaryFolder } from '../app.js'
import { Random } from '../random.js'
import type { Instance } from './client.js'
import { imageStore } from './image-store.js'
import { unconditional, unreliable } from './index-faults.js'
import { concurrentRuns, sequentialRuns } from './runs.js'

const RUNS = Number(process.env['LEPORELLO_MODEL_RUNS'] ?? 100)

async function instances (t: Test, index: DocumentIndex, own: ReadonlyArray<DocumentIndex> = [index, index, index]): Promise<Instance[]> {
  const images = await imageStore(t)
  return own.map(own => ({ catalogue: new Catalogue({ index: own, images, requestTimeoutMs: 10_000 }), index, images }))
}

async function embedded (t: Test): Promise<DocumentIndex> {
  const index = await EmbeddedDocumentIndex.open({ folder: await temporaryFolder(t) })
  t.teardown(() => index.close())
  return index
}

t.test('one after the other, every answer is the model\'s', async t => {
  const index = await embedded(t)
  await sequentialRuns({ instances: await instances(t, index), runs: RUNS })
})

t.test('at once through three instances, an order explains every answer', async t => {
  const index = await embedded(t)
  await concurrentRuns({ instances: await instances(t, index), runs: RUNS })
})

t.test('at once through one instance, too', async t => {
  await concurrentRuns({ instances: (await instances(t, await embedded(t))).slice(0, 1), runs: RUNS })
})

t.test('at once through three processes on one catalogue', async t => {
  const folder = await temporaryFolder(t)
  const indices = await Promise.all([1, 2, 3].map(() => RemoteDocumentIndex.open(t, folder)))
  await concurrentRuns({ instances: await instances(t, indices[0]!, indices), runs: Math.ceil(RUNS / 2) })
})

t.test('with writes that are lost, unanswered or late', async t => {
  const index = await embedded(t)
  const random = new Random(1)
  const own = [1, 2, 3].map(() => unreliable(index, random))
  await concurrentRuns({ instances: await instances(t, index, own), runs: RUNS, mayRepeat: true })
})

t.test('without the condition on the write no order is found: the test can fail', async t => {
  const index = await embedded(t)
  const own = [1, 2, 3].map(() => unconditional(index))
  await t.rejects(concurrentRuns({ instances: await instances(t, index, own), runs: 1000 }), { message: /Counterexample/, cause: { message: /no order explains these/ } })
})
