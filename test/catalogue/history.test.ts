import t from 'tap'
import { EmbeddedDocumentIndex } from '../../src/adapters/embedded/document-index.js'
import { historyContract } from './history-contract.js'

historyContract(t, async t => {
  const index = await EmbeddedDocumentIndex.open({ folder: t.testdir() })
  t.teardown(() => index.close())
  return index
})
