import t from 'tap'
import { openIndex, ownIndices } from '../adapters/search/helpers.js'
import { containerQueriesContract } from '../contracts/container-queries.js'
import { startEngine } from '../engines/engine.js'
import { enginesUnderTest } from '../engines/under-test.js'

for (const name of enginesUnderTest()) {
  t.test(name, async t => {
    const { url } = await startEngine(t, name)
    containerQueriesContract(t, async t => {
      const indices = ownIndices()
      return { index: openIndex(t, url, { indices }), again: async () => openIndex(t, url, { indices }) }
    })
  })
}
