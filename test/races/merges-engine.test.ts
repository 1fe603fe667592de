import t from 'tap'
import { temporaryFolder } from '../app.js'
import { startEngine } from '../engines/engine.js'
import { enginesUnderTest } from '../engines/under-test.js'
import { startService } from '../service.js'
import { raceMerges } from './merges.js'

for (const name of enginesUnderTest()) {
  t.test(`${name}: 1,000 merges at once, an instance killed and the engine restarted in their middle`, async t => {
    const engine = await startEngine(t, name)
    const folder = await temporaryFolder(t)
    const env = { LEPORELLO_INDEX_URL: engine.url, LEPORELLO_DATA_DIR: folder }
    const services = await Promise.all([1, 2, 3].map(() => startService(t, env)))
    await raceMerges(t, services, async () => {
      await Promise.all([services[2]!.stop('SIGKILL'), engine.restart()])
    })
  })
}
