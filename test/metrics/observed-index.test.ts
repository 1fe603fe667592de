import t, { type Test } from 'tap'
import { EmbeddedDocumentIndex } from '../../src/adapters/embedded/document-index.js'
import { SearchDocumentIndex } from '../../src/adapters/search/document-index.js'
import { Deadline } from '../../src/deadline.js'
import { LeporelloError } from '../../src/errors.js'
import { Metrics } from '../../src/metrics/metrics.js'
import { ObservedIndex } from '../../src/metrics/observed-index.js'
import type { LogEntry } from '../../src/ports/change-log.js'
import { ABSENT, type DocumentIndex, type Version } from '../../src/ports/document-index.js'
import { temporaryFolder } from '../app.js'
import { changed } from '../catalogue/swept-catalogue.js'
import { startFakeEngine } from './fake-engine.js'
import { Samples } from './samples.js'

const ENTRY: LogEntry = { kind: 'container', name: 'a', version: '1' as Version, part: 0, at: new Date(0), json: '{}' }

const soon = () => Deadline.in(5000)

const down = async () => { throw new LeporelloError('INDEX_UNAVAILABLE', 'down') }

/** An embedded index that is observed, with some of its methods in the test's hands. */
async function observed (t: Test, methods: (inner: DocumentIndex) => Partial<DocumentIndex> = () => ({})) {
  const inner = await EmbeddedDocumentIndex.open({ folder: await temporaryFolder(t) })
  t.teardown(() => inner.close())
  const metrics = new Metrics()
  const index = new ObservedIndex(changed<DocumentIndex>(inner, methods(inner)), metrics)
  const samples = async () => new Samples(await metrics.registry.metrics())
  return {
    index,
    calls: async (operation: string, kind: string) => (await samples()).sum('leporello_index_call_duration_seconds_count', { operation, kind }),
    errors: async (operation: string, code: string) => (await samples()).sum('leporello_index_errors_total', { operation, code })
  }
}

t.test('the calls of the history are counted, by what was asked of it', async t => {
  const { index, calls, errors } = await observed(t)
  await index.changes.append(ENTRY, soon())
  t.equal((await index.changes.page('container', 'a', { limit: 1 }, soon())).entries.length, 1)
  t.equal(await index.changes.trim({ oldest: new Date(1), perName: 1 }), 1)
  for (const operation of ['append', 'page', 'trim']) {
    t.equal(await calls(operation, 'history'), 1, operation)
    t.equal(await errors(operation, 'INDEX_UNAVAILABLE'), 0, operation)
  }
})

t.test('a history that cannot be written or read fails by its code, but not for what a client sends', async t => {
  const { index, errors } = await observed(t, ({ changes }) => ({ changes: changed(changes, { append: down, trim: down }) }))
  await t.rejects(index.changes.append(ENTRY, soon()))
  await t.rejects(index.changes.trim({ oldest: new Date(), perName: 1 }))
  await t.rejects(index.changes.page('container', 'a', { before: 'nowhere', limit: 1 }, soon()), { code: 'PARAMETER_INVALID' })
  t.equal(await errors('append', 'INDEX_UNAVAILABLE'), 1)
  t.equal(await errors('trim', 'INDEX_UNAVAILABLE'), 1)
  t.equal(await errors('page', 'PARAMETER_INVALID'), 0)
})

t.test('changes go to the engine together, which is a batch as well', async t => {
  const engine = await startFakeEngine(t)
  const metrics = new Metrics()
  const index = new SearchDocumentIndex({ nodes: [engine.url], kind: 'elasticsearch', timeoutMs: 5000, observer: metrics })
  t.teardown(() => index.close())
  await Promise.all([0, 1, 2].map(part => index.changes.append({ ...ENTRY, version: '1:1' as Version, part }, soon())))
  t.equal(new Samples(await metrics.registry.metrics()).sum('leporello_index_batch_documents_sum', { direction: 'write' }), 3)
})

t.test('a write whose answer was lost is a failure as well, not only an outcome', async t => {
  const lost = async () => ({ outcome: 'unknown', cause: undefined } as const)
  const { index, calls, errors } = await observed(t, () => ({ put: lost, remove: lost }))
  await index.put('job_spec', 'a', '{}', ABSENT, soon())
  await index.remove('job_spec', 'a', '1:1' as Version, soon())
  for (const operation of ['put', 'remove']) {
    t.equal(await errors(operation, 'OUTCOME_UNKNOWN'), 1, operation)
    t.equal(await calls(operation, 'job_spec'), 1, operation)
  }
})

t.test('whether a kind has a place, and what is in somebody else\'s index, are calls like others', async t => {
  const { index, calls, errors } = await observed(t, () => ({
    exists: down,
    async * foreignDocuments () { yield await down() }
  }))
  await t.rejects(index.exists('container', soon()))
  await t.rejects(index.foreignDocuments('other')[Symbol.asyncIterator]().next())
  t.equal(await calls('exists', 'container'), 1)
  t.equal(await calls('foreignDocuments', 'foreign'), 1)
  for (const operation of ['exists', 'foreignDocuments']) t.equal(await errors(operation, 'INDEX_UNAVAILABLE'), 1, operation)
})

t.test('that calls fail is there with 0 before it first happens, which would be no growth otherwise', async t => {
  const metrics = new Metrics()
  const index = new ObservedIndex(await EmbeddedDocumentIndex.open({ folder: await temporaryFolder(t) }), metrics)
  t.teardown(() => index.close())
  const { text } = new Samples(await metrics.registry.metrics())
  for (const operation of ['get', 'put', 'remove', 'ids', 'documents', 'exists', 'refresh', 'foreignDocuments', 'append', 'page', 'trim']) {
    t.match(text, `leporello_index_errors_total{operation="${operation}",code="INDEX_UNAVAILABLE"} 0\n`)
  }
  for (const operation of ['put', 'remove']) t.match(text, `leporello_index_errors_total{operation="${operation}",code="OUTCOME_UNKNOWN"} 0\n`)
})
