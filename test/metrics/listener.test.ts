import t from 'tap'
import { temporaryFolder } from '../app.js'
import { startService } from '../service.js'
import { Samples } from './samples.js'

t.test('metrics with a port of their own are there and only there', async t => {
  const service = await startService(t, { LEPORELLO_DATA_DIR: await temporaryFolder(t), LEPORELLO_METRICS_PORT: '0' })
  const { msg } = await service.logged(({ msg }) => String(msg).startsWith('metrics at'))
  const url = String(msg).slice('metrics at '.length)
  t.equal((await fetch(`${service.url}/metrics`)).status, 404)
  const answer = await fetch(url)
  t.equal(answer.status, 200)
  t.match(answer.headers.get('content-type'), /^text\/plain; version=0\.0\.4/)
  const samples = new Samples(await answer.text())
  t.equal(samples.sum('leporello_build_info'), 1)
  t.ok(samples.sum('process_resident_memory_bytes') > 0, 'the process is measured as well')
  t.equal((await fetch(new URL('/container/list', url))).status, 404)
  t.equal((await fetch(url, { method: 'POST' })).status, 404)
  t.same(await service.stop(), { code: 0, signal: null })
})

t.test('otherwise they are where everything is, with those of the process', async t => {
  const service = await startService(t, { LEPORELLO_DATA_DIR: await temporaryFolder(t) })
  const samples = new Samples(await (await fetch(`${service.url}/metrics`)).text())
  t.ok(samples.all.some(({ name }) => name === 'nodejs_eventloop_lag_p99_seconds'))
  await service.stop()
})
