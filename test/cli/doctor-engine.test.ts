import t from 'tap'
import { temporaryFolder } from '../app.js'
import { startEngine } from '../engines/engine.js'
import { enginesUnderTest } from '../engines/under-test.js'
import type { Finding } from '../../src/doctor/finding.js'
import { runLeporello } from '../service.js'

for (const name of enginesUnderTest()) {
  t.test(`the doctor tells what is wrong with ${name}, and leaves nothing behind`, async t => {
    const engine = await startEngine(t, name)
    const env = { LEPORELLO_INDEX_URL: engine.url, LEPORELLO_DATA_DIR: await temporaryFolder(t), LEPORELLO_PORT: '0' }
    const look = async () => {
      const { stdout, stderr, code } = await runLeporello(['doctor', '--json'], env)
      t.equal(stderr, '')
      const { findings } = JSON.parse(stdout) as { findings: Finding[] }
      return { code, index: findings.filter(({ check }) => check === 'index') }
    }
    const ask = (method: string, path: string, body?: object) => fetch(engine.url + path, {
      method, ...body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
    })

    const fresh = await look()
    t.equal(fresh.code, 0)
    t.match(fresh.index.map(({ state }) => state), ['ok', 'warning', 'warning', 'warning', 'ok'], 'there are no indices yet')

    await ask('PUT', '/containers', { mappings: { properties: { id: { type: 'text', fields: { keyword: { type: 'keyword' } } } } } })
    await ask('PUT', '/containers/_settings', { 'index.blocks.write': true })
    const blocked = await look()
    t.equal(blocked.code, 1)
    t.match(blocked.index.filter(({ state }) => state === 'wrong'), [{ message: /kind container cannot be written/, mend: /lift the block/ }])

    await ask('PUT', '/containers/_settings', { 'index.blocks.write': false })
    await ask('PUT', '/job_specs')
    await ask('POST', '/job_specs/_close')
    t.match((await look()).index.filter(({ state }) => state === 'wrong'), [{ message: /the index "job_specs" \(400: closed\)/ }])

    await ask('POST', '/job_specs/_open')
    await ask('PUT', '/leporello-history', { settings: { 'index.blocks.write': true } })
    t.match((await look()).index.filter(({ state }) => state === 'wrong'), [{ message: /who changed what .* "leporello-history" takes no writes/ }])
    await ask('POST', '/leporello-history/_close')
    t.match((await look()).index.filter(({ state }) => state === 'wrong'), [{ message: /who changed what .* "leporello-history".*closed/ }])

    await ask('POST', '/_refresh')
    const left = await (await ask('GET', '/leporello-meta/_search')).json() as { hits: { hits: unknown[] } }
    t.same(left.hits.hits, [])
  })
}
