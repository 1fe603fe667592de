import { performance } from 'node:perf_hooks'
import { setTimeout } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { startProxy, type Fault, type FaultProxy } from '../adapters/search/fault-proxy.js'
import { ask } from '../adapters/search/helpers.js'
import { CONTAINER } from '../app.js'
import { startEngine } from '../engines/engine.js'
import { enginesUnderTest } from '../engines/under-test.js'
import { startService } from '../service.js'

const TIMEOUT_MS = 2000
/** For what comes on top of the index's time, on a machine that does much else. */
const SLACK_MS = 4000

const said = (status: number, type: string, reason: string): Fault => ({ status, body: { error: { type, reason } } })

/** What a caller is told, and by which code; readiness is the same as for reads. */
const BAD_DAYS: ReadonlyArray<readonly [what: string, fault: Fault | 'refuse', read: string, write: string]> = [
  ['down', 'refuse', '503 INDEX_UNAVAILABLE', '503 INDEX_UNAVAILABLE'],
  ['hanging', 'silent', '503 INDEX_UNAVAILABLE', '503 INDEX_UNAVAILABLE'],
  ['hanging after the head of its answers', 'headers', '503 INDEX_UNAVAILABLE', '503 INDEX_UNAVAILABLE'],
  ['cutting its answers off', 'half', '503 INDEX_UNAVAILABLE', '503 INDEX_UNAVAILABLE'],
  ['resetting connections', 'reset before', '503 INDEX_UNAVAILABLE', '503 INDEX_UNAVAILABLE'],
  ['overloaded', said(429, 'es_rejected_execution_exception', 'queue'), '503 INDEX_UNAVAILABLE', '503 INDEX_UNAVAILABLE'],
  ['without a master', said(503, 'cluster_block_exception', 'no master'), '503 INDEX_UNAVAILABLE', '503 INDEX_UNAVAILABLE'],
  ['refusing the credentials', said(401, 'security_exception', 'missing'), '503 INDEX_UNAVAILABLE', '503 INDEX_UNAVAILABLE'],
  ['refusing the privilege', said(403, 'security_exception', 'no permissions'), '503 INDEX_UNAVAILABLE', '503 INDEX_UNAVAILABLE'],
  ['behind a proxy that has lost it', { status: 502, body: '<html>Bad Gateway</html>' }, '503 INDEX_UNAVAILABLE', '503 INDEX_UNAVAILABLE']
]

async function befall (proxy: FaultProxy, fault: Fault | 'refuse'): Promise<void> {
  if (fault === 'refuse') await proxy.refuse()
  else proxy.fault = () => fault
}

async function recover (proxy: FaultProxy): Promise<void> {
  proxy.fault = () => 'pass'
  await proxy.refuse() // connections that hang end as well
  await proxy.listen()
}

for (const name of enginesUnderTest()) {
  t.test(`${name} has bad days: the service says so in time, and serves again by itself`, async t => {
    const { url } = await startEngine(t, name)
    const proxy = await startProxy(t, url)
    const { url: service } = await startService(t, {
      LEPORELLO_INDEX_URL: proxy.url, LEPORELLO_INDEX_TIMEOUT_MS: String(TIMEOUT_MS)
    })
    const add = (name: string, more = {}) => fetch(`${service}/container/add`, {
      method: 'POST', body: new URLSearchParams({ ...CONTAINER, name, ...more })
    })
    const outcome = async (asked: Promise<Response>) => {
      const answer = await asked
      const body = await answer.text()
      return { outcome: [answer.status, answer.headers.get('x-error-code')].join(' ').trimEnd(), body, headers: answer.headers }
    }
    const untilReady = async () => {
      while ((await fetch(`${service}/health/ready`)).status !== 200) await setTimeout(50)
    }
    async function answers (t: Test, what: string, asked: Promise<Response>, expected: string): Promise<void> {
      const began = performance.now()
      const { outcome: got, body, headers } = await outcome(asked)
      t.equal(got, expected, `${what}: ${body}`)
      t.ok(performance.now() - began < TIMEOUT_MS + SLACK_MS, `${what}: in time`)
      if (!expected.startsWith('200')) t.ok(headers.has('retry-after'), what)
    }
    await untilReady()
    while (!(await add('container-a:1')).ok) await setTimeout(50) // the first writes of an engine may take their time

    for (const [what, fault, read, write] of BAD_DAYS) {
      t.test(what, async t => {
        await befall(proxy, fault)
        await Promise.all([
          answers(t, 'info', fetch(`${service}/container/info?id=container-a:1`), read),
          answers(t, 'list', fetch(`${service}/container/list`), read),
          answers(t, 'add', add('container-b:1'), write)
        ])
        t.equal((await fetch(`${service}/health/ready`)).status, 503)
        t.equal((await fetch(`${service}/health/live`)).status, 200)
        await recover(proxy)
        await untilReady()
        await answers(t, 'info', fetch(`${service}/container/info?id=container-a:1`), '200')
      })
    }

    t.test('the answer to a write is lost once: it is looked for, and the add succeeds', async t => {
      let lost = 0
      proxy.fault = ({ url }) => url?.includes('_bulk') && lost++ === 0 ? 'reset after' : 'pass'
      await answers(t, 'add', add('container-lost:1'), '200')
      t.ok(lost >= 2, 'it was written again, so that it is certain')
    })

    t.test('the answers to writes are lost for good: whether it was changed is not known', async t => {
      proxy.fault = ({ url }) => url?.includes('_bulk') ? 'reset after' : 'pass'
      await answers(t, 'add', add('container-unknown:1'), '503 OUTCOME_UNKNOWN')
      proxy.fault = () => 'pass'
      await answers(t, 'add', add('container-unknown:1'), '200')
    })

    for (const block of ['write', 'read_only', 'read_only_allow_delete']) {
      t.test(`full or read-only (index.blocks.${block}): writes are refused, reads go on`, async t => {
        await ask(`${url}/containers/_settings`, 'PUT', { index: { blocks: { [block]: true } } })
        await answers(t, 'add', add('container-b:1'), '507 INDEX_FULL')
        await answers(t, 'info', fetch(`${service}/container/info?id=container-a:1`), '200')
        t.equal((await fetch(`${service}/health/ready`)).status, 200)
        await ask(`${url}/containers/_settings`, 'PUT', { index: { blocks: { [block]: null } } })
        await answers(t, 'add', add(`container-${block}:1`), '200')
      })
    }

    t.test('a mapping of somebody else refuses a document: 400 with the engine\'s reason', async t => {
      await ask(`${url}/containers`, 'DELETE')
      await ask(`${url}/containers`, 'PUT', { mappings: { properties: { version: { type: 'date' } } } })
      const { outcome: got, body } = await outcome(add('container-date:1', { version: 'develop' }))
      t.equal(got, '400 DOCUMENT_REFUSED')
      t.match(JSON.parse(body), { success: false, message: /"container-date:1".*version.*develop/ })
    })
  })
}
