import t, { type Test } from 'tap'
import { EmbeddedDocumentIndex } from '../../src/adapters/embedded/document-index.js'
import { SearchDocumentIndex } from '../../src/adapters/search/document-index.js'
import { Deadline } from '../../src/deadline.js'
import { checkIndex } from '../../src/doctor/index-check.js'
import { LeporelloError } from '../../src/errors.js'
import type { DocumentIndex } from '../../src/ports/document-index.js'
import { temporaryFolder } from '../app.js'
import { changed } from '../catalogue/swept-catalogue.js'
import { pagesOf } from '../contracts/document-index/helpers.js'
import { startFakeEngine } from '../metrics/fake-engine.js'

const refuse = async () => { throw new LeporelloError('INDEX_UNAVAILABLE', 'not today') }

async function openIndex (t: Test): Promise<DocumentIndex> {
  const index = await EmbeddedDocumentIndex.open({ folder: await temporaryFolder(t) })
  t.teardown(() => index.close())
  return index
}

t.test('a history that cannot be read, or written, is wrong', async t => {
  const index = await openIndex(t)
  for (const method of ['page', 'checkWrites']) {
    const findings = await checkIndex(changed(index, { changes: changed(index.changes, { [method]: refuse }) }), 60_000)
    t.match(findings.filter(({ state }) => state !== 'ok'), [{ state: 'wrong', message: /who changed what .* not today/, mend: /LEPORELLO_INDEX_HISTORY/ }], method)
    t.notOk(findings.some(({ message }) => message.startsWith('all its indices')), method)
  }
  t.match((await checkIndex(index, 60_000)).map(({ state }) => state), ['ok', 'ok'])
})

for (const kind of ['elasticsearch', 'opensearch'] as const) {
  t.test(`of ${kind} it is asked by a removal of nothing whether the history takes writes, and no index is made for that`, async t => {
    const engine = await startFakeEngine(t)
    const index = new SearchDocumentIndex({ nodes: [engine.url], kind, timeoutMs: 60_000 })
    t.teardown(() => index.close())
    const answerWith = (item: object) => {
      engine.answer = (_request, _body, response) => { response.end(JSON.stringify({ items: [{ delete: item }] })) }
    }
    const ask = async () => { await index.changes.checkWrites(Deadline.in(60_000)) }
    answerWith({ status: 404, result: 'not_found' })
    await ask()
    answerWith({ status: 404, error: { type: 'index_not_found_exception', reason: 'no such index' } })
    await ask()
    answerWith({ status: 403, error: { type: 'cluster_block_exception', reason: 'read-only' } })
    await t.rejects(ask(), { code: 'INDEX_FULL', message: /"leporello-history" takes no writes: read-only/ })
    answerWith({ status: 403, error: { type: 'security_exception', reason: 'not yours' } })
    await t.rejects(ask(), { code: 'INDEX_UNAVAILABLE', message: /lacks a privilege for writes to the index "leporello-history"/ })
    engine.answer = (_request, _body, response) => { response.writeHead(429).end('{}') }
    await t.rejects(ask(), { code: 'INDEX_UNAVAILABLE' })
    t.same([...new Set(engine.seen.map(({ method, url }) => `${method} ${url?.split('?')[0]}`))], ['POST /leporello-history/_bulk'])
  })
}

t.test('an index that can be listed and not read, as an alias of several cannot, is wrong', async t => {
  const index = await openIndex(t)
  const unreadable = changed(index, { get: async (kind, ...rest) => kind === 'container' ? await refuse() : await index.get(kind, ...rest) })
  t.match((await checkIndex(unreadable, 60_000)).filter(({ state }) => state !== 'ok'), [
    { state: 'wrong', message: 'the documents of the kind container cannot be read: not today', mend: /one index only/ }
  ])
})

t.test('the document that was written is removed whatever happens after it', async t => {
  const index = await openIndex(t)
  const unknown = changed(index, {
    put: async (...put: Parameters<DocumentIndex['put']>) => {
      await index.put(...put)
      return { outcome: 'unknown', cause: new Error('no answer') }
    }
  })
  const exists = changed(index, { exists: refuse })
  for (const failing of [unknown, exists]) {
    const findings = await checkIndex(failing, 60_000)
    t.ok(findings.some(({ state, mend }) => state === 'wrong' && mend !== undefined))
    t.same(await pagesOf(index.ids('meta')), [])
  }
  const stuck = await checkIndex(changed(index, { remove: async (kind, ...rest) => kind === 'meta' ? await refuse() : await index.remove(kind, ...rest) }), 60_000)
  t.match(stuck.filter(({ state }) => state === 'wrong'), [{ message: /^the document doctor:\w+ of the kind meta may be left: not today/ }])
})
