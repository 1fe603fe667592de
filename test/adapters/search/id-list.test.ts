import t from 'tap'
import { ABSENT } from '../../../src/ports/document-index.js'
import { ample, ascending, container, create, createAll, pagesOf, read, versionOf } from '../../contracts/document-index/helpers.js'
import { startEngine } from '../../engines/engine.js'
import { enginesUnderTest } from '../../engines/under-test.js'
import { startProxy } from './fault-proxy.js'
import { ask, openIndex, ownIndices } from './helpers.js'

const MANY = Array.from({ length: 5001 }, (_, n) => `container-${n}:1`)

for (const name of enginesUnderTest()) {
  t.test(name, async t => {
    const { url } = await startEngine(t, name)

    t.test('a long list is asked for again after a write only, whoever wrote, and whatever', async t => {
      const proxy = await startProxy(t, url)
      const indices = ownIndices()
      const index = openIndex(t, proxy.url, { indices })
      const other = openIndex(t, url, { indices })
      /** The ids, and how many searches they cost. */
      const listed = async (after?: string) => {
        await index.refresh('container', ample())
        proxy.requests.length = 0
        const ids = (await pagesOf(index.ids('container', { deadline: ample(), ...after !== undefined && { after } }))).flat()
        return { ids, searches: proxy.requests.filter(({ path }) => path.includes('/_search')).length }
      }
      const now = ascending(MANY)
      const isRight = async (what: string) => {
        t.same((await listed()).ids, now, what)
        t.match(await listed('container-4:1'), { ids: now.slice(now.indexOf('container-4:1') + 1), searches: 0 }, `${what}, again`)
      }

      await ask(`${url}/${indices.container}`, 'PUT', { settings: { refresh_interval: '-1' } })
      await createAll(other, 'container', MANY)
      t.same((await listed()).ids, now, 'not known to be long yet')
      await isRight('many')
      await createAll(other, 'container', ['zzz'])
      now.push('zzz')
      await isRight('one more')
      versionOf(await other.remove('container', now[7]!, (await read(other, 'container', now[7]!)).version, ample()))
      now.splice(7, 1)
      await isRight('one less')
      await ask(`${url}/${indices.container}/_doc/aaa`, 'PUT', container('aaa'))
      now.unshift('aaa')
      await isRight('somebody else\'s')
      await create(other, 'container', 'yyy')
      versionOf(await other.remove('container', 'zzz', (await read(other, 'container', 'zzz')).version, ample()))
      await pagesOf(index.ids('container', { deadline: ample() }))
      now.splice(-1, 1, 'yyy')
      await isRight('what was acknowledged, and no refresh had shown when a list was kept')
      await ask(`${url}/${indices.container}`, 'DELETE')
      const made = now.map(id => `new-${id}`)
      await createAll(openIndex(t, url, { indices }), 'container', made)
      now.splice(0, now.length, ...ascending(made))
      await isRight('as many in an index of the same name')
      proxy.fault = ({ url = '' }) => url.includes('/_stats') ? { status: 403, body: { error: { type: 'security_exception', reason: 'no' } } } : 'pass'
      const { ids, searches } = await listed()
      t.same(ids, now, 'where one may not ask')
      t.ok(searches > 0)
    })

    t.test('while others write, what was acknowledged before a refresh is always there', async t => {
      const indices = ownIndices()
      const index = openIndex(t, url, { indices })
      const other = openIndex(t, url, { indices })
      await createAll(other, 'container', MANY)
      const end = new AbortController()
      const acknowledged = new Set(MANY)
      const writers = [0, 1, 2, 3].map(async writer => {
        for (let n = 0; !end.signal.aborted; n++) {
          const id = `late-${writer}-${n}`
          versionOf(await other.put('container', id, container(id), ABSENT, ample()))
          acknowledged.add(id)
        }
      })
      for (let round = 0; round < 10; round++) {
        const before = [...acknowledged]
        await index.refresh('container', ample())
        const ids = new Set((await pagesOf(index.ids('container', { deadline: ample() }))).flat())
        t.same(before.filter(id => !ids.has(id)), [])
      }
      end.abort()
      await Promise.all(writers)
    })
  })
}
