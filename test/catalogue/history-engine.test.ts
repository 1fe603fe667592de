import t from 'tap'
import { startProxy } from '../adapters/search/fault-proxy.js'
import { ask, openIndex, ownIndices } from '../adapters/search/helpers.js'
import { startEngine } from '../engines/engine.js'
import { enginesUnderTest } from '../engines/under-test.js'
import { Deadline } from '../../src/deadline.js'
import { gaps, RecordedCatalogue } from './recorded-catalogue.js'
import { historyContract } from './history-contract.js'

for (const name of enginesUnderTest()) {
  t.test(name, async t => {
    const { url } = await startEngine(t, name)
    historyContract(t, async t => openIndex(t, url))

    t.test('changes are made while the engine takes nothing for the history, and told once it does', async t => {
      const indices = ownIndices()
      const proxy = await startProxy(t, url)
      const site = new RecordedCatalogue(openIndex(t, proxy.url, { indices }))
      await site.add('s3://b/0')
      t.equal((await site.told()).length, 1)
      await ask(`${url}/${indices.history}/_settings`, 'PUT', { 'index.blocks.write': true })
      for (let at = 1; at < 20; at++) await site.add(`s3://b/${at}`)
      t.ok(site.history.length > 0)
      await ask(`${url}/${indices.history}/_settings`, 'PUT', { 'index.blocks.write': false })
      await site.history.settled(Deadline.in(60_000))
      const told = await site.told()
      t.equal(told.length, 20)
      t.same(gaps(told), [])
      t.equal(site.history.dropped, 0)
    })

    t.test('answers of the engine that never come make no entry twice', async t => {
      const indices = ownIndices()
      const proxy = await startProxy(t, url)
      const site = new RecordedCatalogue(openIndex(t, proxy.url, { indices, timeoutMs: 2000 }), { requestTimeoutMs: 2000 })
      let lost = 0
      proxy.fault = ({ url: path }) => path?.startsWith(`/${indices.history}/_bulk`) && lost++ < 2 ? 'reset after' : 'pass'
      for (let at = 0; at < 10; at++) await site.add(`s3://b/${at}`)
      await site.history.settled(Deadline.in(60_000))
      t.ok(lost > 2)
      const told = await site.told()
      t.equal(told.length, 10)
      t.same(gaps(told), [])
    })

    t.test('where the engine does not say which index it is, what was changed is told all the same', async t => {
      const indices = ownIndices()
      const proxy = await startProxy(t, url)
      proxy.fault = ({ url: path }) => path?.includes('/_settings')
        ? { status: 403, body: { error: { type: 'security_exception', reason: 'no permissions' } } }
        : 'pass'
      const site = new RecordedCatalogue(openIndex(t, proxy.url, { indices }))
      await site.add('s3://b/0')
      await site.remove()
      t.same(await site.inShort(), ['ops add', 'ops remove'])
      const { changes: [change] } = await site.catalogue.changesOf('container', 'container-hello:1', { limit: 1 })
      t.equal(change!.write.index, null)
    })
  })
}
