import { setTimeout } from 'node:timers/promises'
import t from 'tap'
import { CONTAINER } from '../app.js'
import { prepareEngine } from '../engines/engine.js'
import { enginesUnderTest } from '../engines/under-test.js'
import { startService } from '../service.js'

const TIMEOUT_MS = 5000

for (const name of enginesUnderTest()) {
  t.test(`the service starts while ${name} is down, readiness follows, and it recovers by itself`, async t => {
    const engine = await prepareEngine(t, name)
    const { url } = await startService(t, {
      LEPORELLO_INDEX_URL: engine.url, LEPORELLO_INDEX_TIMEOUT_MS: String(TIMEOUT_MS)
    })
    const add = (name: string) => fetch(`${url}/container/add`, {
      method: 'POST', body: new URLSearchParams({ ...CONTAINER, name })
    })
    const info = (name: string) => fetch(`${url}/container/info?id=${name}`)
    const untilReady = async () => {
      while ((await fetch(`${url}/health/ready`)).status !== 200) await setTimeout(50)
    }
    const isDown = async () => {
      const since = performance.now()
      for (const answer of [await info('container-a:1'), await add('container-down:1')]) {
        t.equal(answer.status, 503)
        t.ok(answer.headers.has('retry-after'))
        t.match(await answer.json(), { success: false, message: /search engine/ })
      }
      t.ok(performance.now() - since < 2 * TIMEOUT_MS, 'each within its time')
      const readiness = await fetch(`${url}/health/ready`)
      t.equal(readiness.status, 503)
      t.match(await readiness.json(), { status: 'not ready', backends: { index: { state: 'down', reason: String } } })
      t.equal((await fetch(`${url}/health/live`)).status, 200)
    }

    await isDown()
    await engine.start()
    await untilReady()
    t.equal((await add('container-a:1')).status, 200)
    t.equal((await info('container-down:1')).status, 404, 'what was refused was not stored')

    await engine.kill()
    await isDown()
    await engine.start()
    await untilReady()
    t.match(await (await info('container-a:1')).json(), { result: { id: 'container-a:1', digest: CONTAINER.digest } })
    t.equal((await add('container-b:1')).status, 200)
    t.match(await (await fetch(`${url}/container/list`)).json(), { result: ['container-a:1', 'container-b:1'] })
  })
}
