import t from 'tap'
import { EmbeddedDocumentIndex } from '../../../src/adapters/embedded/document-index.js'
import { documentIndexContract } from '../../contracts/document-index.js'

t.test('the contract', async t => {
  documentIndexContract(t, async t => {
    const folder = t.testdir()
    const open = async (): Promise<EmbeddedDocumentIndex> => {
      const index = await EmbeddedDocumentIndex.open({ folder })
      t.teardown(async () => { await index.close() })
      return index
    }
    return { index: await open(), again: open }
  })
})
