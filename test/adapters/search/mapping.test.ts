import { readFile } from 'node:fs/promises'
import t from 'tap'
import { INDEX_BODIES } from '../../../src/adapters/search/mapping.js'
import { INDEX_NAMES } from '../../../src/adapters/search/options.js'
import { DOCUMENT_KINDS } from '../../../src/ports/document-index.js'

t.test('docs/indices holds what the service makes an index with, for those who make it by hand', async t => {
  for (const kind of [...DOCUMENT_KINDS, 'history'] as const) {
    t.same(JSON.parse(await readFile(`docs/indices/${INDEX_NAMES[kind]}.json`, 'utf8')), INDEX_BODIES[kind], kind)
  }
})
