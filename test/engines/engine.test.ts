import t from 'tap'
import { startEngine } from './engine.js'
import { enginesUnderTest } from './under-test.js'

for (const name of enginesUnderTest()) {
  t.test(`${name} starts, is killed, and starts again with what it had acknowledged`, async t => {
    const engine = await startEngine(t, name)
    const written = await fetch(`${engine.url}/things/_doc/1`, {
      method: 'PUT', body: '{"a":1}', headers: { 'content-type': 'application/json' }
    })
    t.equal(written.status, 201)
    await engine.kill()
    await t.rejects(fetch(engine.url))
    await engine.restart()
    const read = await fetch(`${engine.url}/things/_doc/1`)
    t.equal(read.status, 200)
    t.match(await read.json(), { _source: { a: 1 } })
  })
}
