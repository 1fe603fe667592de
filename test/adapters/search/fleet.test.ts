import { EventEmitter, once } from 'node:events'
import t from 'tap'
import { ABSENT } from '../../../src/ports/document-index.js'
import { ample, container, countOf, create, read, versionOf } from '../../contracts/document-index/helpers.js'
import { startEngine } from '../../engines/engine.js'
import { enginesUnderTest } from '../../engines/under-test.js'
import { startProxy } from './fault-proxy.js'
import { openIndex } from './helpers.js'

for (const name of enginesUnderTest()) {
  t.test(name, async t => {
    const { url } = await startEngine(t, name)

    t.test('a lone read is a plain GET, sent at once', async t => {
      const proxy = await startProxy(t, url)
      const index = openIndex(t, proxy.url)
      await create(index, 'container', 'a')
      proxy.requests.length = 0
      await read(index, 'container', 'a')
      t.match(proxy.requests, [{ method: 'GET', path: /_doc\/a$/ }])
      t.equal(proxy.requests.length, 1)
    })

    t.test('a fleet that asks for the same few ids at once costs a handful of requests', async t => {
      const proxy = await startProxy(t, url)
      const index = openIndex(t, proxy.url)
      const ids = Array.from({ length: 20 }, (_, n) => `c-${n}`)
      for (const [n, id] of ids.entries()) await create(index, 'container', id, container(id, n))
      proxy.requests.length = 0
      const answers = await Promise.all(Array.from({ length: 5000 }, (_, n) => read(index, 'container', ids[n % 20]!)))
      for (const [n, answer] of answers.entries()) {
        if (answer.id !== ids[n % 20] || countOf(answer.json) !== n % 20) t.fail(`the answer to ${n} is another's`)
      }
      t.ok(proxy.requests.length <= 10, `${proxy.requests.length} requests`)
      t.ok(proxy.requests.some(({ path }) => path.endsWith('/_mget')))
    })

    t.test('a read that comes after a batch was sent is not answered by it', async t => {
      const proxy = await startProxy(t, url)
      const index = openIndex(t, proxy.url)
      const version = await create(index, 'container', 'a')
      // The engine answers the first read, and its answer is on the way while the document is replaced.
      proxy.fault = ({ method }) => method === 'GET' ? 'hold answer' : 'pass'
      const early = read(index, 'container', 'a')
      await proxy.untilHeld(1)
      versionOf(await index.put('container', 'a', container('a', 1), version, ample()))
      const late = read(index, 'container', 'a')
      await proxy.untilHeld(2)
      proxy.release()
      t.equal(countOf((await early).json), 0)
      t.equal(countOf((await late).json), 1)
    })

    t.test('writes that wait travel together, each with its own condition', async t => {
      const proxy = await startProxy(t, url)
      const index = openIndex(t, proxy.url)
      const old = await create(index, 'container', 'old')
      const gone = await create(index, 'container', 'gone')
      proxy.requests.length = 0
      const outcomes = await Promise.all([
        ...Array.from({ length: 100 }, (_, n) => index.put('container', `c-${n}`, '{}', ABSENT, ample())),
        index.put('container', 'old', container('old', 1), old, ample()),
        index.put('container', 'old', container('old', 2), old, ample()),
        index.put('container', 'old', container('old', 3), ABSENT, ample()),
        index.remove('container', 'gone', gone, ample()),
        index.remove('container', 'gone', gone, ample())
      ])
      t.ok(proxy.requests.length <= 6, `${proxy.requests.length} requests`)
      t.same(outcomes.map(({ outcome }) => outcome),
        [...Array<string>(100).fill('written'), 'written', 'conflict', 'conflict', 'written', 'conflict'])
      t.equal(countOf((await read(index, 'container', 'old')).json), 1)
      t.equal(await index.get('container', 'gone', ample()), undefined)
    })

    t.test('a batch that is too large as a whole is sent in parts', async t => {
      const proxy = await startProxy(t, url)
      const index = openIndex(t, proxy.url)
      await create(index, 'container', 'first')
      proxy.fault = ({ headers }) => Number(headers['content-length']) > 20_000
        ? { status: 413, body: '<html>413 Request Entity Too Large</html>' }
        : 'pass'
      const size = (n: number) => n === 20 ? 50_000 : 3000
      const writes = await Promise.allSettled(Array.from({ length: 40 }, (_, n) =>
        index.put('container', `c-${n}`, `{"id":"c-${n}","images":"${'x'.repeat(size(n))}"}`, ABSENT, ample())))
      for (const [n, write] of writes.entries()) {
        if (n === 20) t.match(write, { reason: { code: 'DOCUMENT_REFUSED' } })
        else t.match(write, { value: { outcome: 'written' } })
      }
    })

    t.test('an engine that is killed under load loses nothing that was acknowledged', async t => {
      const engine = await startEngine(t, name)
      const index = openIndex(t, engine.url, { timeoutMs: 2000 })
      const acknowledged = new Map<string, number>()
      const progress = new EventEmitter()
      const stop = new AbortController()
      const writers = Array.from({ length: 32 }, async (_, writer) => {
        const id = `c-${writer}`
        for (let count = 1; !stop.signal.aborted; count++) {
          try {
            const before = await index.get('container', id, ample())
            const outcome = await index.put('container', id, container(id, count), before?.version ?? ABSENT, ample())
            if (outcome.outcome !== 'written') continue
            acknowledged.set(id, count)
            progress.emit('written')
          } catch (error) {
            if ((error as { code?: string }).code !== 'INDEX_UNAVAILABLE') throw error
            await new Promise(resolve => setTimeout(resolve, 10)) // as a client would, before it tries again
          }
        }
      })
      for (let round = 0; round < 2; round++) {
        const before = new Map(acknowledged)
        while ([...acknowledged].filter(([id, count]) => count > (before.get(id) ?? 0)).length < 32) {
          await once(progress, 'written')
        }
        await engine.restart()
      }
      stop.abort()
      await Promise.all(writers)
      for (const [id, count] of acknowledged) {
        const stored = countOf((await read(index, 'container', id)).json)
        t.ok(stored >= count, `${id}: ${stored} is there, ${count} was acknowledged`)
      }
      t.equal(acknowledged.size, 32)
    })
  })
}
