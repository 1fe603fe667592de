import t from 'tap'
import { EmbeddedDocumentIndex } from '../../src/adapters/embedded/document-index.js'
import { searchContainers } from '../../src/catalogue/container-search.js'
import { LeporelloError } from '../../src/errors.js'
import type { DocumentIndex } from '../../src/ports/document-index.js'
import { temporaryFolder } from '../app.js'
import { createAll, endable } from '../contracts/document-index/helpers.js'
import { changed } from './swept-catalogue.js'

t.test('a list that took longer than a request\'s time leaves time to read the documents', async t => {
  const inner = await EmbeddedDocumentIndex.open({ folder: await temporaryFolder(t) })
  t.teardown(() => inner.close())
  await createAll(inner, 'container', ['a:1', 'b:1'])
  const listing = endable()
  const begun = [listing.deadline, endable().deadline]
  const index = changed<DocumentIndex>(inner, {
    async * ids (...args) {
      listing.pass()
      yield * inner.ids(...args)
    },
    async get (kind, id, deadline) {
      if (deadline.passed) throw new LeporelloError('INDEX_UNAVAILABLE', 'the time was up')
      return await inner.get(kind, id)
    }
  })
  const { containers } = await searchContainers(index, { size: 10 }, () => begun.shift()!)
  t.same(containers.map(json => (JSON.parse(json) as { id: string }).id), ['a:1', 'b:1'])
})
