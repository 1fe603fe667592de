import t from 'tap'
import { documentIndexContract } from '../../contracts/document-index.js'
import { startEngine } from '../../engines/engine.js'
import { enginesUnderTest } from '../../engines/under-test.js'
import { ask, openIndex, ownIndices } from './helpers.js'

for (const name of enginesUnderTest()) {
  t.test(`${name} keeps every promise of a document index`, async t => {
    const { url } = await startEngine(t, name)
    documentIndexContract(t, async t => {
      const indices = ownIndices()
      t.teardown(() => ask(`${url}/${Object.values(indices).join(',')}?ignore_unavailable=true`, 'DELETE'))
      return { index: openIndex(t, url, { indices }), again: async () => openIndex(t, url, { indices }) }
    })
  })
}
