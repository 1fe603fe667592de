import t from 'tap'
import { temporaryFolder } from '../app.js'
import { startService } from '../service.js'
import { raceMerges } from './merges.js'

t.test('1,000 merges at once through three processes, one killed in their middle: no acknowledged architecture is lost', async t => {
  const env = { LEPORELLO_DATA_DIR: await temporaryFolder(t), LEPORELLO_LOG_LEVEL: 'info' }
  const services = await Promise.all([1, 2, 3].map(() => startService(t, env)))
  await raceMerges(t, services, async () => { await services[2]!.stop('SIGKILL') })
})
