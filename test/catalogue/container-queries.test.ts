import t from 'tap'
import { EmbeddedDocumentIndex } from '../../src/adapters/embedded/document-index.js'
import { temporaryFolder } from '../app.js'
import { containerQueriesContract } from '../contracts/container-queries.js'

containerQueriesContract(t, async t => {
  const folder = await temporaryFolder(t)
  const again = async () => {
    const index = await EmbeddedDocumentIndex.open({ folder })
    t.teardown(() => index.close())
    return index
  }
  return { index: await again(), again }
})
