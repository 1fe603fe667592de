import t from 'tap'
import { INDEX_BODIES } from '../../../src/adapters/search/mapping.js'
import { ABSENT } from '../../../src/ports/document-index.js'
import {
  ample, ascending, container, create, createAll, pagesOf, read, sameIds, versionOf
} from '../../contracts/document-index/helpers.js'
import { BOTH, SetInstances } from '../../catalogue/set-instances.js'
import { startEngine } from '../../engines/engine.js'
import { ENGINE_LINES } from '../../engines/lines.js'
import { enginesUnderTest } from '../../engines/under-test.js'
import { ask, openIndex, ownIndices } from './helpers.js'

/** What Mozart installs: every string is text with a keyword beside it, and is copied into one field for searches. */
const MOZART_MAPPING = {
  dynamic_templates: [{
    strings: {
      match_mapping_type: 'string',
      mapping: {
        type: 'text',
        norms: false,
        copy_to: 'text_fields',
        fields: { keyword: { type: 'keyword', ignore_above: 256 } }
      }
    }
  }],
  properties: { _timestamp: { type: 'date', store: true }, text_fields: { type: 'text' } }
}

/** Those of Mozart's templates; the first word of a name such as container-foo:v1 finds it. */
const MOZART_ANALYSIS = { analyzer: { default: { filter: ['lowercase', 'word_delimiter'], tokenizer: 'keyword' } } }

const LONG = `container-${'long'.repeat(75)}:v1`

/** Documents as other programs left them. */
const FOREIGN: Readonly<Record<string, string>> = {
  'container-no-urls:v1': '{"id":"container-no-urls:v1","url":"s3://a/b.tar.gz","version":"v1","digest":null}',
  'container-empty-url:v1': '{"id":"container-empty-url:v1","url":"","version":"v1"}',
  'container-null-url:v1': '{"id":"container-null-url:v1","url":null}',
  'container-extra:v1': '{"id":"container-extra:v1","owner":{"name":"x","n":12345678901234567},"tags":["a","b"]}',
  'container-printed:v1': '{\n  "id": "container-printed:v1",\n  "size": 1.50\n}',
  [LONG]: JSON.stringify({ id: LONG }),
  'no-id-at-all': '{"url":"s3://a/c.tar.gz"}',
  'a-copy': '{"id":"container-no-urls:v1"}',
  'z-copy': '{"id":"container-no-urls:v1"}',
  'id-list': '{"id":["x","a"]}',
  empty: '{}'
}

for (const name of enginesUnderTest()) {
  t.test(name, async t => {
    const { url } = await startEngine(t, name)

    t.test('an index that the site made is used as it is, foreign documents and all', async t => {
      const indices = ownIndices()
      const settings = { number_of_shards: 8, number_of_replicas: 0, refresh_interval: '5s' }
      const make = (settings: object) => ask(`${url}/${indices.container}`, 'PUT', { settings, mappings: MOZART_MAPPING })
      const made = await make({ ...settings, analysis: MOZART_ANALYSIS })
      if (made.status !== 200) {
        t.match(made.body, { error: { reason: /word_delimiter|keyword|build analyzers/ } })
        t.notOk('analysis' in ENGINE_LINES[name])
        t.comment(`${name} comes without Mozart's analyzers here: ${made.body.error.reason}`)
        t.equal((await make(settings)).status, 200)
      }
      for (const [id, json] of Object.entries(FOREIGN)) {
        await ask(`${url}/${indices.container}/_doc/${encodeURIComponent(id)}`, 'PUT', json)
      }
      const index = openIndex(t, url, { indices })
      await sameIds(t, index, 'container', Object.keys(FOREIGN))
      const before = (await ask(`${url}/${indices.container}/_mapping`)).body
      for (const [id, json] of Object.entries(FOREIGN)) t.equal((await read(index, 'container', id)).json, json, id)
      for (const pageSize of [1, 3, 100]) {
        const documents = (await pagesOf(index.documents('container', { pageSize }))).flat()
        t.same(documents.map(({ id }) => id), ascending(Object.keys(FOREIGN)))
        for (const { id, json } of documents) t.equal(json, FOREIGN[id])
      }
      for (const id of Object.keys(FOREIGN)) {
        versionOf(await index.put('container', id, '{"id":"x"}', (await read(index, 'container', id)).version, ample()))
      }
      t.same((await ask(`${url}/${indices.container}/_mapping`)).body, before, 'the mapping is as it was')
    })

    t.test('what we write is found as HySDS looks for it', async t => {
      const indices = ownIndices()
      const index = openIndex(t, url, { indices })
      await create(index, 'container', 'container-a:v1', '{"id":"container-a:v1","version":"v1"}')
      await create(index, 'job_spec', 'job-a:v1', '{"id":"job-a:v1","container":"container-a:v1","command":{"x":1}}')
      await create(index, 'hysds_io', 'hysds-io-a:v1', '{"id":"hysds-io-a:v1","job-specification":"job-a:v1"}')
      for (const kind of ['container', 'job_spec', 'hysds_io'] as const) await index.refresh(kind, ample())
      const found = async (name: string, field: string, value: string) =>
        (await ask(`${url}/${name}/_search`, 'POST', { query: { term: { [field]: value } } })).body.hits.hits.length
      t.equal(await found(indices.job_spec, 'container.keyword', 'container-a:v1'), 1)
      t.equal(await found(indices.hysds_io, 'job-specification.keyword', 'job-a:v1'), 1)
      t.equal(await found(indices.container, 'id.keyword', 'container-a:v1'), 1)
      t.equal(await found(indices.container, 'version.keyword', 'v1'), 1)
      t.equal((await ask(`${url}/${indices.container}/_doc/container-a:v1?_source=version`)).body._source.version, 'v1')
    })

    t.test('specs that disagree in type, and integers beyond 64 bits, are stored in an index of ours', async t => {
      const index = openIndex(t, url)
      const values = ['1', '"text"', '{"a":1}', '[{"a":"b"}]', '12345678901234567890123', '"2024-01-01"']
      for (const [n, value] of values.entries()) {
        const json = `{"id":"job-${n}","command":${value},"params":${value},"version":"${n}"}`
        await create(index, 'job_spec', `job-${n}`, json)
        await create(index, 'hysds_io', `job-${n}`, json)
        t.equal((await read(index, 'job_spec', `job-${n}`)).json, json)
      }
      for (const [n, version] of ['2024-01-01', 'develop', '1.0'].entries()) {
        const size = '1234567890123'.repeat(n + 1)
        await create(index, 'container', `c-${n}`, `{"id":"c-${n}","version":"${version}","size":${size}}`)
      }
    })

    t.test('a document that a foreign mapping refuses is refused with the reason, and spoils no other', async t => {
      const indices = ownIndices()
      await ask(`${url}/${indices.container}`, 'PUT', { mappings: { properties: { version: { type: 'date' } } } })
      const index = openIndex(t, url, { indices })
      const ids = Array.from({ length: 40 }, (_, n) => `c-${n}`)
      const versionAt = (n: number) => n % 4 === 3 ? 'develop' : '2024-01-01'
      const writes = await Promise.allSettled(ids.map((id, n) =>
        index.put('container', id, `{"id":"${id}","version":"${versionAt(n)}"}`, ABSENT, ample())))
      for (const [n, write] of writes.entries()) {
        if (n % 4 === 3) t.match(write, { reason: { code: 'DOCUMENT_REFUSED', message: /develop/ } })
        else t.match(write, { status: 'fulfilled', value: { outcome: 'written' } })
      }
    })

    t.test('a set whose version a foreign mapping refuses ends with the reason, and the next one is shown', async t => {
      const indices = ownIndices()
      await ask(`${url}/${indices.container}`, 'PUT', { mappings: { properties: { version: { type: 'date' } } } })
      const site = new SetInstances(openIndex(t, url, { indices }))
      const instance = site.instance()
      const send = (architecture: string, version: string) => instance.merge({ build: '1', expect: BOTH, version, architecture, url: architecture })
      t.match(await send('x86_64', 'develop'), { outcome: 'waiting' })
      await t.rejects(send('arm64', 'develop'), { code: 'DOCUMENT_REFUSED', message: /develop/ })
      t.match(await send('x86_64', '2024-01-01'), { outcome: 'waiting' })
      t.match(await send('arm64', '2024-01-01'), { outcome: 'published' })
      t.same(await site.states(), ['1 expired', '1 published'])
    })

    t.test('our indices have one shard, also under the templates of a site that gives eight', async t => {
      const indices = ownIndices()
      const templates: Record<string, object> = {
        index_defaults: { order: 0, index_patterns: ['*'], settings: { number_of_shards: 8, number_of_replicas: 0 } },
        containers: { order: 0, index_patterns: [indices.container], mappings: MOZART_MAPPING }
      }
      for (const [template, body] of Object.entries(templates)) {
        const { status, body: said } = await ask(`${url}/_template/${template}`, 'PUT', body)
        t.equal(status, 200, JSON.stringify(said))
        t.teardown(() => ask(`${url}/_template/${template}`, 'DELETE'))
      }
      const index = openIndex(t, url, { indices })
      await create(index, 'container', 'a', container('a'))
      const { body } = await ask(`${url}/${indices.container}`)
      t.equal(body[indices.container].settings.index.number_of_shards, '1')
      t.equal(body[indices.container].mappings.properties.url.fields.keyword.ignore_above, 256)
    })

    t.test('with our index templates an index is right that somebody else writes to first', async t => {
      const indices = ownIndices()
      const templates: Record<string, object> = {
        '_template/index_defaults': { index_patterns: ['*'], settings: { number_of_shards: 8, number_of_replicas: 0 } },
        '_template/containers': { index_patterns: [indices.container], mappings: MOZART_MAPPING },
        '_index_template/leporello-containers': { index_patterns: [indices.container], template: INDEX_BODIES.container },
        '_index_template/leporello-job_specs': { index_patterns: [indices.job_spec], template: INDEX_BODIES.job_spec }
      }
      for (const [path, body] of Object.entries(templates)) {
        const { status, body: said } = await ask(`${url}/${path}`, 'PUT', body)
        t.equal(status, 200, JSON.stringify(said))
        t.teardown(() => ask(`${url}/${path}`, 'DELETE'))
      }
      await ask(`${url}/${indices.container}/_doc/a`, 'PUT', { id: 'a', version: '2024-01-01' })
      await ask(`${url}/${indices.job_spec}/_doc/a`, 'PUT', { id: 'a', command: 'text' })
      const index = openIndex(t, url, { indices })
      await create(index, 'container', 'b', '{"id":"b","version":"develop"}')
      await create(index, 'job_spec', 'b', '{"id":"b","command":{"x":1}}')
      await sameIds(t, index, 'container', ['a', 'b'])
      await sameIds(t, index, 'job_spec', ['a', 'b'])
      const { body } = await ask(`${url}/${indices.container}`)
      t.equal(body[indices.container].settings.index.number_of_shards, '1')
    })

    t.test('an index is created once by many replicas, and again after somebody removed it', async t => {
      const indices = ownIndices()
      const replicas = Array.from({ length: 8 }, () => openIndex(t, url, { indices }))
      await Promise.all(replicas.map((index, n) => create(index, 'container', `c-${n}`)))
      const [index] = replicas as [typeof replicas[0] & object]
      await sameIds(t, index, 'container', replicas.map((_, n) => `c-${n}`))
      const { version } = await read(index, 'container', 'c-0')
      await ask(`${url}/${indices.container}`, 'DELETE')
      t.equal(await index.get('container', 'c-0', ample()), undefined)
      t.same(await pagesOf(index.ids('container')), [])
      t.match(await index.health(ample()), { state: 'up' })
      t.same(await index.put('container', 'c-0', '{}', version, ample()), { outcome: 'conflict' })
      await create(index, 'container', 'c-0')
      const { body } = await ask(`${url}/${indices.container}/_mapping`)
      t.equal(body[indices.container].mappings.date_detection, false, 'with our mapping')
    })

    t.test('an index without a mapping is empty, and one that gives few at once is listed whole', async t => {
      const indices = ownIndices()
      await ask(`${url}/${indices.container}`, 'PUT', {})
      await ask(`${url}/${indices.job_spec}`, 'PUT', { settings: { index: { max_result_window: 7 } } })
      const index = openIndex(t, url, { indices })
      t.same(await pagesOf(index.ids('container')), [])
      const ids = Array.from({ length: 30 }, (_, n) => `job-${String(n).padStart(2, '0')}`)
      await Promise.all(ids.map(id => create(index, 'job_spec', id)))
      await index.refresh('job_spec', ample())
      t.same((await pagesOf(index.ids('job_spec'))).flat(), ids)
    })

    t.test('an index of several shards that gives few at once is listed whole, or not at all', async t => {
      const indices = ownIndices()
      const ids = Array.from({ length: 30 }, (_, n) => `c-${String(n).padStart(2, '0')}`)
      for (const window of [9, 1]) {
        await ask(`${url}/${indices.container}`, 'DELETE')
        await ask(`${url}/${indices.container}`, 'PUT', {
          settings: { index: { number_of_shards: 8, number_of_replicas: 0, max_result_window: window } }
        })
        const index = openIndex(t, url, { indices })
        await createAll(index, 'container', ids)
        if (window === 9) t.same((await pagesOf(index.ids('container'))).flat(), ids)
        else await t.rejects(pagesOf(index.ids('container')), { code: 'INDEX_UNAVAILABLE', message: /raise its max_result_window/ })
      }
    })

    t.test('open sets are found also in an index that does not look into documents', async t => {
      const indices = ownIndices()
      await ask(`${url}/${indices.sets}`, 'PUT', { mappings: { dynamic: false } })
      const index = openIndex(t, url, { indices })
      await create(index, 'sets', 'open', '{"open":true,"sets":[]}')
      await create(index, 'sets', 'closed', '{"open":false,"sets":[]}')
      await create(index, 'sets', 'foreign', '{}')
      await index.refresh('sets', ample())
      t.same((await pagesOf(index.documents('sets', { openOnly: true }))).flat().map(({ id }) => id), ['open'])
    })

    t.test('documents that others wrote with a routing are listed whole, alone and among others', async t => {
      const indices = ownIndices()
      const settings = { number_of_shards: 8, number_of_replicas: 0 }
      await ask(`${url}/${indices.container}`, 'PUT', { settings })
      await ask(`${url}/${indices.job_spec}`, 'PUT', { settings })
      const ids = Array.from({ length: 20 }, (_, n) => `c-${String(n).padStart(2, '0')}`)
      for (const [n, id] of ids.entries()) {
        await ask(`${url}/${indices.container}/_doc/${id}${n % 2 === 0 ? `?routing=user%20${n}` : ''}`, 'PUT', {})
      }
      await ask(`${url}/${indices.job_spec}/_doc/a?routing=b`, 'PUT', {})
      const index = openIndex(t, url, { indices })
      await index.refresh('container', ample())
      await index.refresh('job_spec', ample())
      t.same((await pagesOf(index.documents('container'))).flat().map(({ id }) => id), ids)
      t.same((await pagesOf(index.foreignDocuments(indices.container))).flat().map(({ id }) => id), ids)
      t.same((await pagesOf(index.documents('job_spec'))).flat().map(({ id }) => id), ['a'])
    })

    t.test('a name may be an alias', async t => {
      const indices = ownIndices()
      await ask(`${url}/real-${indices.container}`, 'PUT', { aliases: { [indices.container]: {} } })
      const index = openIndex(t, url, { indices })
      const version = await create(index, 'container', 'a')
      versionOf(await index.put('container', 'a', container('a', 1), version, ample()))
      await sameIds(t, index, 'container', ['a'])
      t.same((await pagesOf(index.documents('container'))).flat().map(({ id }) => id), ['a'])
    })

    t.test('the engine is named, and asked for our indices only', async t => {
      const index = openIndex(t, url)
      await ask(`${url}/somebody-elses?wait_for_active_shards=0`, 'PUT', {
        settings: { 'index.routing.allocation.require._name': 'nobody' }
      })
      t.teardown(() => ask(`${url}/somebody-elses`, 'DELETE'))
      t.match(await index.health(ample()), { kind: name.replace(/-.*/, ''), version: /^\d+\.\d+\.\d+$/, state: 'up' })
    })
  })
}
