import t from 'tap'
import { EmbeddedDocumentIndex } from '../../src/adapters/embedded/document-index.js'
import { temporaryFolder } from '../app.js'
import { startService } from '../service.js'
import { raceSets, SHORT_TAKEOVER } from './sets.js'

t.test('builds race through three processes, one killed in their middle: who looks sees whole builds only, in order', async t => {
  const folder = await temporaryFolder(t)
  const env = { LEPORELLO_DATA_DIR: folder, ...SHORT_TAKEOVER }
  const services = await Promise.all([1, 2, 3].map(() => startService(t, env)))
  const index = await EmbeddedDocumentIndex.open({ folder })
  t.teardown(() => index.close())
  await raceSets(t, services, index, async () => { await services[2]!.stop('SIGKILL') })
})
