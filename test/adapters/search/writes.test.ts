import t from 'tap'
import { ABSENT } from '../../../src/ports/document-index.js'
import { ample } from '../../contracts/document-index/helpers.js'
import { startFakeEngine } from '../../metrics/fake-engine.js'
import { openIndex } from './helpers.js'

for (const kind of ['elasticsearch', 'opensearch'] as const) {
  t.test(`${kind}: a document that an ingest pipeline drops is refused, whatever the status says`, async t => {
    const engine = await startFakeEngine(t)
    const index = openIndex(t, engine.url, { kind, indices: { container: 'containers' } })
    const dropped = { _index: 'containers', _id: 'a', _version: -3, result: 'noop', _shards: { total: 0, successful: 0, failed: 0 }, status: 200 }
    engine.answer = (_request, _body, response) => {
      response.end(JSON.stringify({ errors: false, items: [{ create: dropped }], hits: { hits: [] } }))
    }
    await t.rejects(index.put('container', 'a', '{}', ABSENT, ample()), {
      code: 'DOCUMENT_REFUSED', message: 'the index "containers" refuses the document "a": an ingest pipeline of the index drops it'
    })
  })
}
