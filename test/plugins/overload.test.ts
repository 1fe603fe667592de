import t, { type Test } from 'tap'
import type { FastifyInstance } from 'fastify'
import { testApp, temporaryFolder } from '../app.js'
import { OpenUpload } from '../uploads/open-upload.js'
import { tarballOf } from '../uploads/tarballs.js'

const NAME = 'container-steady:1.0'

/** Keeps the service from its work for most of the time, for as long as the test wants. */
function overload (t: Test): () => void {
  let goesOn = true
  const block = () => {
    const end = performance.now() + 80
    while (performance.now() < end);
    if (goesOn) setTimeout(block, 1)
  }
  block()
  const stop = () => { goesOn = false }
  t.teardown(stop)
  return stop
}

async function until (app: FastifyInstance, url: string, status: number) {
  for (;;) {
    const answer = await app.inject(url)
    if (answer.statusCode === status) return answer
    await new Promise(resolve => { setTimeout(resolve, 10) })
  }
}

t.test('a service with too much to do refuses more, says so to health, and finishes what it has begun', async t => {
  const app = await testApp(t, { env: { LEPORELLO_OVERLOAD_MS: '50', LEPORELLO_DATA_DIR: await temporaryFolder(t) } })
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const upload = OpenUpload.put(url, NAME, { expect: '100-continue' })
  upload.sendHeaders()
  await upload.wanted
  t.equal((await app.inject('/health/ready')).statusCode, 200)

  const stop = overload(t)
  const refused = await until(app, '/container/list', 503)
  t.match(refused.headers, { 'retry-after': '1', 'x-error-code': 'OVERLOADED', 'access-control-allow-origin': '*' })
  t.match(refused.json(), { success: false, message: /try again later/, result: null })
  t.match((await app.inject({ method: 'POST', url: '/container/merge' })).json(), { result: { code: 'OVERLOADED' } })
  t.match((await app.inject('/health/live')).json(), { status: 'live' })
  const ready = await app.inject('/health/ready')
  t.equal(ready.statusCode, 503)
  t.match(ready.json(), { status: 'not ready', overloaded: true, backends: { index: { state: 'up' } } })
  t.match(await upload.end(tarballOf(NAME)), { status: 200 }, 'an upload that runs is registered')

  stop()
  await until(app, '/container/list', 200)
  t.strictSame((await app.inject('/container/list')).json().result, [NAME])
  t.equal((await app.inject('/health/ready')).statusCode, 200)
})
