import t from 'tap'
import { SearchDocumentIndex } from '../../src/adapters/search/document-index.js'
import { temporaryFolder } from '../app.js'
import { startEngine } from '../engines/engine.js'
import { enginesUnderTest } from '../engines/under-test.js'
import { startService } from '../service.js'
import { raceSets, SHORT_TAKEOVER } from './sets.js'

for (const name of enginesUnderTest()) {
  t.test(`${name}: builds race, an instance killed and the engine restarted in their middle`, async t => {
    const engine = await startEngine(t, name)
    const env = { LEPORELLO_INDEX_URL: engine.url, LEPORELLO_DATA_DIR: await temporaryFolder(t), ...SHORT_TAKEOVER }
    const services = await Promise.all([1, 2, 3].map(() => startService(t, env)))
    const index = new SearchDocumentIndex({ nodes: [engine.url], timeoutMs: 5000 })
    t.teardown(() => index.close())
    await raceSets(t, services, index, async () => {
      await Promise.all([services[2]!.stop('SIGKILL'), engine.restart()])
    })
  })
}
