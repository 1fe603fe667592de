import t, { type Test } from 'tap'
import { Deadline } from '../../../src/deadline.js'
import { ABSENT, type DocumentIndex, type WriteOutcome } from '../../../src/ports/document-index.js'
import { ample, container, countOf, create, pagesOf, read, versionOf } from '../../contracts/document-index/helpers.js'
import { startEngine } from '../../engines/engine.js'
import { enginesUnderTest } from '../../engines/under-test.js'
import { startProxy, type Canned } from './fault-proxy.js'
import { ask, openIndex, ownIndices } from './helpers.js'

const UNAVAILABLE = { code: 'INDEX_UNAVAILABLE', retryAfterSeconds: Number }
const isWrite = ({ url = '' }: { url?: string | undefined }) => url.includes('/_bulk')

/** Asserts that nothing is served and that this is said as the port promises. */
async function refusesEverything (t: Test, index: DocumentIndex): Promise<void> {
  await t.rejects(index.get('container', 'a', ample()), UNAVAILABLE)
  await t.rejects(index.put('container', 'a', '{}', ABSENT, ample()), UNAVAILABLE)
  await t.rejects(pagesOf(index.ids('container')), UNAVAILABLE)
  await t.rejects(pagesOf(index.documents('container')), UNAVAILABLE)
  await t.rejects(index.refresh('container', ample()), UNAVAILABLE)
  t.match(await index.health(ample()), { state: 'down', reason: /\w/ })
}

for (const name of enginesUnderTest()) {
  t.test(name, async t => {
    const { url } = await startEngine(t, name)

    t.test('an engine that is down is unavailable, and served again when it is back', async t => {
      const proxy = await startProxy(t, url)
      await proxy.refuse()
      const index = openIndex(t, proxy.url)
      await refusesEverything(t, index)
      await proxy.listen()
      await create(index, 'container', 'a')
      t.match(await index.health(ample()), { state: 'up' })
      await proxy.refuse()
      await refusesEverything(t, index)
      await proxy.listen()
      t.equal((await read(index, 'container', 'a')).id, 'a')
    })

    t.test('what the engine is, is found out again after a connection failed', async t => {
      const proxy = await startProxy(t, url)
      const index = openIndex(t, proxy.url)
      const old = { version: { number: '7.0.0' }, tagline: 'You Know, for Search' }
      proxy.fault = ({ url }) => url === '/' ? { status: 200, body: old } : 'pass'
      await create(index, 'container', 'a')
      t.match(await index.health(ample()), { kind: 'elasticsearch', version: '7.0.0', state: 'up' })
      await proxy.refuse()
      t.match(await index.health(ample()), { kind: 'elasticsearch', version: '7.0.0', state: 'down' })
      await proxy.listen()
      proxy.fault = () => 'pass'
      const { kind, version, state } = await index.health(ample())
      t.same({ kind, state }, { kind: name.replace(/-.*/, ''), state: 'up' })
      t.not(version, '7.0.0')
    })

    t.test('what is no search engine is not taken for one', async t => {
      const proxy = await startProxy(t, url)
      for (const body of ['<html>It works!</html>', {}, { version: '1' }]) {
        proxy.fault = () => ({ status: 200, body })
        const index = openIndex(t, proxy.url)
        await t.rejects(index.get('container', 'a', ample()), { ...UNAVAILABLE, message: /no search engine/ })
      }
    })

    t.test('a node that is down is passed over', async t => {
      const down = await startProxy(t, url)
      await down.refuse()
      const index = openIndex(t, url, { nodes: [down.url, url] })
      for (let n = 0; n < 10; n++) {
        await create(index, 'container', `a-${n}`)
        await read(index, 'container', `a-${n}`)
      }
      t.match(await index.health(ample()), { state: 'up' })
    })

    t.test('a node that is gone behind its proxy is passed over', async t => {
      const gone = await startProxy(t, url)
      for (const status of [502, 503, 504]) {
        const index = openIndex(t, url, { nodes: [gone.url, url] })
        gone.fault = () => ({ status, body: '<html>Bad Gateway</html>' })
        t.match(await index.health(ample()), { state: 'up' })
        gone.fault = () => 'pass'
        await create(index, 'container', 'a')
        gone.fault = () => ({ status, body: '<html>Bad Gateway</html>' })
        for (let n = 0; n < 10; n++) await read(index, 'container', 'a')
        await index.refresh('container', ample())
        t.same(await pagesOf(index.ids('container')), [['a']])
      }
    })

    t.test('a node that hangs leaves time for another one', async t => {
      const hanging = await startProxy(t, url)
      const index = openIndex(t, url, { nodes: [hanging.url, url], timeoutMs: 2000 })
      await create(index, 'container', 'present')
      hanging.fault = () => 'silent'
      for (let n = 0; n < 6; n++) {
        t.match(await index.get('container', 'present', Deadline.in(2000)), { id: 'present' })
      }
    })

    t.test('an answer that is no document is no absence', async t => {
      const proxy = await startProxy(t, url)
      const index = openIndex(t, proxy.url)
      await create(index, 'container', 'present')
      for (const body of ['{}', '{"message": "please log in"}', '']) {
        proxy.fault = () => ({ status: 200, body })
        await t.rejects(index.get('container', 'present', ample()), UNAVAILABLE, body)
        t.match(await index.health(ample()), { state: 'down' }, body)
      }
      proxy.fault = request => isWrite(request) ? { status: 200, body: '{"items": [{"index": null}]}' } : 'pass'
      t.match(await index.put('container', 'new', '{}', ABSENT, ample()), { outcome: 'unknown' })
    })

    t.test('a write that was cut off is unknown, whether the engine did it or not', async t => {
      const proxy = await startProxy(t, url)
      const index = openIndex(t, proxy.url)
      await create(index, 'container', 'first')
      for (const [fault, there] of [['reset before', false], ['reset after', true]] as const) {
        proxy.fault = request => isWrite(request) ? fault : 'pass'
        proxy.requests.length = 0
        t.match(await index.put('container', fault, '{}', ABSENT, ample()), { outcome: 'unknown' }, fault)
        t.equal(proxy.requests.filter(({ path }) => path.includes('/_bulk')).length, 1, 'it is not sent twice')
        t.equal(await index.get('container', fault, ample()) !== undefined, there, fault)
      }
    })

    t.test('a read that was cut off is sent once more', async t => {
      const proxy = await startProxy(t, url)
      const index = openIndex(t, proxy.url)
      await create(index, 'container', 'a')
      let faults = 1
      proxy.fault = () => faults-- > 0 ? 'reset after' : 'pass'
      t.equal((await read(index, 'container', 'a')).id, 'a')
    })

    t.test('an engine that is silent costs each caller its own deadline, and no more', async t => {
      const proxy = await startProxy(t, url)
      const indices = ownIndices()
      const version = await create(openIndex(t, url, { indices }), 'container', 'a')
      const index = openIndex(t, proxy.url, { timeoutMs: 1000, indices })
      await read(index, 'container', 'a')
      proxy.fault = () => 'silent'
      const start = performance.now()
      await t.rejects(index.get('container', 'a', Deadline.in(100)), UNAVAILABLE)
      t.match(await index.put('container', 'a', '{}', version, Deadline.in(100)), { outcome: 'unknown' })
      await t.rejects(index.refresh('container', Deadline.in(100)), UNAVAILABLE)
      t.match(await index.health(Deadline.in(100)), { state: 'down' })
      await t.rejects(pagesOf(index.ids('container')), UNAVAILABLE)
      t.ok(performance.now() - start < 3000)
      proxy.fault = () => 'pass'
      t.equal((await read(index, 'container', 'a')).id, 'a')
    })

    for (const fault of ['half', 'headers'] as const) {
      t.test(`of an answer only this comes: ${fault}; reads and lists fail, writes are unknown, in time`, async t => {
        const proxy = await startProxy(t, url)
        const indices = ownIndices()
        const version = await create(openIndex(t, url, { indices }), 'container', 'a', container('a'))
        const index = openIndex(t, proxy.url, { timeoutMs: 1000, indices })
        await read(index, 'container', 'a')
        proxy.fault = ({ url }) => url === '/' ? 'pass' : fault // what the engine is, is asked again after a failure
        const start = performance.now()
        await t.rejects(index.get('container', 'a', Deadline.in(300)), UNAVAILABLE)
        await t.rejects(Promise.all(['a', 'b'].map(id => index.get('container', id, Deadline.in(300)))), UNAVAILABLE)
        await t.rejects(index.refresh('container', Deadline.in(300)), UNAVAILABLE)
        await t.rejects(pagesOf(index.ids('container', { deadline: Deadline.in(300) })), UNAVAILABLE)
        t.match(await index.put('container', 'a', container('a', 1), version, Deadline.in(300)), { outcome: 'unknown' })
        t.ok(performance.now() - start < 5000)
        proxy.fault = () => 'pass'
        t.equal(countOf((await read(index, 'container', 'a')).json), 1, 'the engine did what it was asked')
      })
    }

    t.test('an answer cut within its JSON is neither an absence nor a list nor a write', async t => {
      const proxy = await startProxy(t, url)
      const index = openIndex(t, proxy.url)
      const version = await create(index, 'container', 'a')
      for (const body of ['{"_index":"c","_id":"a","found":tr', '{"took":3,"errors":false,"items":[{"index":{', '{"timed_out":false,"hits":{"hits":[{"_id":"a"']) {
        proxy.fault = () => ({ status: 200, body })
        await t.rejects(index.get('container', 'a', ample()), UNAVAILABLE, body)
        await t.rejects(pagesOf(index.ids('container')), UNAVAILABLE, body)
        t.match(await index.put('container', 'a', '{}', version, ample()), { outcome: 'unknown' }, body)
      }
      proxy.fault = () => 'pass'
      t.equal((await read(index, 'container', 'a')).version, version)
    })

    t.test('an engine that hangs is unavailable in time, and served again by itself when it goes on', async t => {
      const engine = await startEngine(t, name)
      const indices = ownIndices()
      const version = await create(openIndex(t, engine.url, { indices }), 'container', 'a', container('a'))
      const index = openIndex(t, engine.url, { timeoutMs: 1000, indices })
      await read(index, 'container', 'a')
      await engine.pause()
      const start = performance.now()
      await t.rejects(index.get('container', 'a', Deadline.in(1000)), UNAVAILABLE)
      t.match(await index.put('container', 'a', container('a', 1), version, Deadline.in(1000)), { outcome: 'unknown' })
      t.match(await index.health(Deadline.in(1000)), { state: 'down' })
      t.ok(performance.now() - start < 6000)
      await engine.resume()
      const document = await read(index, 'container', 'a')
      // The write that was unknown may have arrived after all, or still arrive; what was acknowledged is there.
      t.ok([0, 1].includes(countOf(document.json)))
      const { state, reason } = await index.health(ample())
      t.equal(state, 'up', reason ?? 'up')
    })

    t.test('a write that was never sent is not unknown when its time is up', async t => {
      const proxy = await startProxy(t, url)
      const index = openIndex(t, proxy.url)
      await create(index, 'container', 'first')
      proxy.fault = request => isWrite(request) ? 'hold' : 'pass'
      const sent: Array<Promise<WriteOutcome>> = []
      for (const count of [1, 2]) { // as many batches as may be on their way
        sent.push(index.put('container', `sent-${count}`, '{}', ABSENT, ample()))
        await proxy.untilHeld(count)
      }
      await t.rejects(index.put('container', 'waiting', '{}', ABSENT, Deadline.in(100)), UNAVAILABLE)
      proxy.fault = () => 'pass'
      proxy.release()
      for (const outcome of await Promise.all(sent)) versionOf(outcome)
      t.equal(await index.get('container', 'waiting', ample()), undefined)
    })

    t.test('what the engine or a proxy before it refuses is said as the port promises', async t => {
      const proxy = await startProxy(t, url)
      const index = openIndex(t, proxy.url)
      const version = await create(index, 'container', 'a')
      const error = (type: string, reason: string) => ({ error: { type, reason } })
      const block = (reason: string) => error('cluster_block_exception', `index [a] blocked by: [${reason}];`)
      const UNSERVED = 'INDEX_UNAVAILABLE'
      const cases: ReadonlyArray<readonly [Canned, read: string, write: string]> = [
        [{ status: 429, body: error('es_rejected_execution_exception', 'queue') }, UNSERVED, UNSERVED],
        [{ status: 401, body: error('security_exception', 'missing') }, UNSERVED, UNSERVED],
        [{ status: 403, body: error('security_exception', 'no permissions') }, UNSERVED, UNSERVED],
        [{ status: 403, body: block('FORBIDDEN/8/index write (api)') }, UNSERVED, 'INDEX_FULL'],
        [{ status: 429, body: block('TOO_MANY_REQUESTS/12/flood-stage watermark') }, UNSERVED, 'INDEX_FULL'],
        [{ status: 503, body: block('SERVICE_UNAVAILABLE/2/no master') }, UNSERVED, UNSERVED],
        [{ status: 413, body: '<html>413 Request Entity Too Large</html>' }, UNSERVED, 'DOCUMENT_REFUSED'],
        [{ status: 404, body: '<html>404 page not found</html>' }, UNSERVED, UNSERVED],
        [{ status: 200, body: '<html>Sign in</html>' }, UNSERVED, 'unknown'],
        [{ status: 500, body: error('exception', 'something') }, UNSERVED, 'unknown'],
        [{ status: 502, body: '<html>502 Bad Gateway</html>' }, UNSERVED, 'unknown'],
        [{ status: 504, body: '<html>504 Gateway Time-out</html>' }, UNSERVED, 'unknown']
      ]
      for (const [canned, read, write] of cases) {
        proxy.fault = () => canned
        const what = `${canned.status} ${JSON.stringify(canned.body)}`
        await t.rejects(index.get('container', 'a', ample()), { code: read }, what)
        await t.rejects(pagesOf(index.ids('container')), { code: read }, what)
        await t.rejects(index.refresh('container', ample()), { code: read }, what)
        const put = index.put('container', 'a', '{}', version, ample())
        if (write === 'unknown') t.match(await put, { outcome: 'unknown' }, what)
        else await t.rejects(put, { code: write }, what)
      }
      proxy.fault = () => 'pass'
      t.equal((await read(index, 'container', 'a')).version, version)
    })

    t.test('a blocked index is full, and can still be read', async t => {
      const indices = ownIndices()
      const index = openIndex(t, url, { indices })
      const version = await create(index, 'container', 'a')
      for (const block of ['write', 'read_only_allow_delete']) {
        await ask(`${url}/${indices.container}/_settings`, 'PUT', { index: { blocks: { [block]: true } } })
        const full = { code: 'INDEX_FULL', retryAfterSeconds: Number, message: /block/ }
        await t.rejects(index.put('container', 'a', '{}', version, ample()), full)
        t.equal((await read(index, 'container', 'a')).version, version)
        await ask(`${url}/${indices.container}/_settings`, 'PUT', { index: { blocks: { [block]: null } } })
      }
      versionOf(await index.put('container', 'a', '{}', version, ample()))
    })

    t.test('an index that the user may not create is named, with the way to create it', async t => {
      const proxy = await startProxy(t, url)
      const indices = ownIndices()
      const index = openIndex(t, proxy.url, { indices })
      const refused = { error: { type: 'security_exception', reason: 'action [indices:admin/create] is unauthorized' } }
      proxy.fault = ({ method, url }) =>
        method === 'PUT' && url === `/${indices.container}` ? { status: 403, body: refused } : 'pass'
      const name = indices.container
      const message = new RegExp(`no index "${name}".*PUT /${name} and the body \\{.*number_of_shards`)
      await t.rejects(index.put('container', 'a', '{}', ABSENT, ample()), { ...UNAVAILABLE, message })
      t.equal((await ask(`${url}/${indices.container}`)).status, 404)
    })
  })
}
