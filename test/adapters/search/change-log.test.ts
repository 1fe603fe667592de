import t from 'tap'
import { INDEX_BODIES } from '../../../src/adapters/search/mapping.js'
import { ABSENT } from '../../../src/ports/document-index.js'
import { changeLogContract } from '../../contracts/change-log.js'
import { ample, container, create, versionOf } from '../../contracts/document-index/helpers.js'
import { startEngine } from '../../engines/engine.js'
import { enginesUnderTest } from '../../engines/under-test.js'
import { ask, openIndex, ownIndices } from './helpers.js'

for (const name of enginesUnderTest()) {
  t.test(`${name} keeps every promise of a change log`, async t => {
    const { url } = await startEngine(t, name)
    changeLogContract(t, async t => {
      const indices = ownIndices()
      t.teardown(() => ask(`${url}/${Object.values(indices).join(',')}?ignore_unavailable=true`, 'DELETE'))
      return { index: openIndex(t, url, { indices }), again: async () => openIndex(t, url, { indices }) }
    })

    t.test('an index that is made anew counts from the start, and comes after the one before', async t => {
      const indices = ownIndices()
      const index = openIndex(t, url, { indices })
      const told = async (said: string, version: Awaited<ReturnType<typeof create>>) => {
        await index.changes.append({ kind: 'container', name: 'a', version, part: 0, at: new Date(0), json: JSON.stringify({ said }) }, ample())
      }
      const first = await create(index, 'container', 'a')
      await told('first', first)
      await told('second', versionOf(await index.put('container', 'a', container('a', 1), first, ample())))
      await ask(`${url}/${indices.container}`, 'DELETE')
      await told('third', versionOf(await index.put('container', 'a', container('a', 2), ABSENT, ample())))
      const { entries } = await index.changes.page('container', 'a', { limit: 10 }, ample())
      t.same(entries.map(({ json }) => JSON.parse(json).said), ['third', 'second', 'first'])
      t.equal(entries[0]!.write.seq_no, entries[2]!.write.seq_no, 'the number is used again')
      t.not(entries[0]!.write.index, entries[2]!.write.index)
    })

    t.test('an index that is removed under the service is made again as it was', async t => {
      const indices = ownIndices()
      const index = openIndex(t, url, { indices })
      const version = await create(index, 'container', 'a')
      const tell = async (part: number) => {
        await index.changes.append({ kind: 'container', name: 'a', version, part, at: new Date(0), json: `{"part":${part}}` }, ample())
      }
      await tell(0)
      await ask(`${url}/${indices.history}`, 'DELETE')
      await tell(1)
      const { entries } = await index.changes.page('container', 'a', { limit: 10 }, ample())
      t.same(entries.map(({ json }) => json), ['{"part":1}'])
    })

    t.test('a document that others wrote is no change', async t => {
      const indices = ownIndices()
      const index = openIndex(t, url, { indices })
      const version = await create(index, 'container', 'a')
      await index.changes.append({ kind: 'container', name: 'a', version, part: 0, at: new Date(0), json: '{}' }, ample())
      for (const foreign of [{}, { at: 1 }, { created: 1, index: 'b', term: 1, seq: 1, part: 0 }]) {
        await ask(`${url}/${indices.history}/_doc`, 'POST', { of: 'container:a', entry: '{"foreign":true}', ...foreign })
      }
      const { entries, isLast } = await index.changes.page('container', 'a', { limit: 3 }, ample())
      t.same({ entries: entries.map(({ json }) => json), isLast }, { entries: ['{}'], isLast: true })
    })

    t.test('a trim ends where an alias finds entries that cannot be removed through it', async t => {
      const indices = ownIndices()
      const earlier = openIndex(t, url, { indices: { ...indices, history: `${indices.history}-1` } })
      const version = await create(earlier, 'container', 'a')
      await Promise.all(Array.from({ length: 501 }, async (_, part) => {
        await earlier.changes.append({ kind: 'container', name: 'a', version, part, at: new Date(0), json: '{}' }, ample())
      }))
      await ask(`${url}/${indices.history}-2`, 'PUT', INDEX_BODIES.history)
      await ask(`${url}/_aliases`, 'POST', {
        actions: ['1', '2'].map(number => ({
          add: { index: `${indices.history}-${number}`, alias: indices.history, is_write_index: number === '2' }
        }))
      })
      const index = openIndex(t, url, { indices })
      t.equal(await index.changes.trim({ oldest: new Date(1), perName: 10 }), 0)
      t.equal((await index.changes.page('container', 'a', { limit: 1000 }, ample())).entries.length, 501)
    })

    t.test('the index is made as it is documented, and looks into nothing that was changed', async t => {
      const indices = ownIndices()
      const index = openIndex(t, url, { indices })
      const version = await create(index, 'container', 'a')
      await index.changes.append({ kind: 'container', name: 'a', version, part: 0, at: new Date(0), json: '{"after":{"b":1}}' }, ample())
      const { body } = await ask(`${url}/${indices.history}/_mapping`)
      const { mappings } = body[indices.history]
      t.equal(String(mappings.dynamic), 'false')
      t.same(Object.keys(mappings.properties).sort(), ['at', 'created', 'index', 'of', 'part', 'seq', 'term'])
    })
  })
}
