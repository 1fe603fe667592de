import type { ServerResponse } from 'node:http'
import t, { type Test } from 'tap'
import { SearchDocumentIndex } from '../../../src/adapters/search/document-index.js'
import { endable, pagesOf } from '../../contracts/document-index/helpers.js'
import { startFakeEngine } from '../../metrics/fake-engine.js'

const METHODS = ['ids', 'documents'] as const

/** What it allows at once (`index.max_result_window`), so that the scan takes several pages. */
const WINDOW = 10
const COUNT = 3 * WINDOW + 5

const IDS = Array.from({ length: COUNT }, (_, n) => `container-${String(n).padStart(2, '0')}:1`)

/** An index on an engine with documents, which says when it has answered a page of a scan. */
async function startScanned (t: Test, onPage: () => void = () => {}) {
  const engine = await startFakeEngine(t)
  engine.answer = ({ url = '' }, body, response) => {
    if (url.includes('/_mget')) {
      const { ids } = JSON.parse(body) as { ids: string[] }
      response.end(JSON.stringify({ docs: ids.map(_id => ({ _id, found: true, _seq_no: 1, _primary_term: 1, _source: { id: _id } })) }))
    } else {
      answerScan(JSON.parse(body), response, onPage)
    }
  }
  const index = new SearchDocumentIndex({ nodes: [engine.url], kind: 'elasticsearch', timeoutMs: 30_000 })
  t.teardown(() => index.close())
  return { index, engine }
}

interface Scan {
  readonly size: number
  readonly search_after?: readonly [number]
}

function answerScan ({ size, search_after: [after] = [-1] }: Scan, response: ServerResponse, onPage: () => void): void {
  if (size > WINDOW) {
    const reason = `Result window is too large, from + size must be less than or equal to: [${WINDOW}] but was [${size}]`
    response.writeHead(400).end(JSON.stringify({ status: 400, error: { type: 'illegal_argument_exception', reason, root_cause: [] } }))
    return
  }
  const hits = IDS.map((_id, n) => ({ _id, sort: [n] })).slice(after + 1, after + 1 + size)
  response.end(JSON.stringify({ timed_out: false, _shards: { failed: 0 }, hits: { hits } }), onPage)
}

for (const method of METHODS) {
  t.test(`${method}: a scan goes on after the deadline if its first page came in time`, async t => {
    const { deadline, pass } = endable()
    const { index } = await startScanned(t, pass)
    const items = (await pagesOf<unknown>(index[method]('container', { deadline }))).flat()
    t.same(items.map(item => typeof item === 'string' ? item : (item as { id: string }).id), IDS)
  })

  t.test(`${method}: a first page that is not there by the deadline is not waited for`, async t => {
    const { deadline, pass } = endable()
    const { index, engine } = await startScanned(t)
    pass()
    await t.rejects(pagesOf<unknown>(index[method]('container', { deadline })), { code: 'INDEX_UNAVAILABLE' })
    t.equal(engine.seen.length, 0)
  })
}
