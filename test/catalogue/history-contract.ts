import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Test } from 'tap'
import { Deadline } from '../../src/deadline.js'
import { parseArchitecture } from '../../src/domain/architecture.js'
import { entityTagOf } from '../../src/domain/entity-tag.js'
import { Precondition } from '../../src/domain/precondition.js'
import { parseSpec } from '../../src/domain/spec.js'
import { LeporelloError } from '../../src/errors.js'
import type { DocumentIndex } from '../../src/ports/document-index.js'
import { putOf, readOf } from './gated-index.js'
import { down, gaps, NAME, RecordedCatalogue } from './recorded-catalogue.js'

const SET = { build: '7', expect: 'x86_64,arm64' }

/** What is told of changes, on any index. */
export function historyContract (t: Test, openIndex: (t: Test) => Promise<DocumentIndex>): void {
  t.test('each change tells who, by which request, what, and what it found and left; one after the other', async t => {
    const index = await openIndex(t)
    const { catalogue, ...one } = new RecordedCatalogue(index)
    const site = new RecordedCatalogue(index)
    await site.add('s3://b/x')
    await site.merge('arm64', 's3://b/a')
    await catalogue.detach(NAME, parseArchitecture('arm64'), { name: 'anonymous' }, Precondition.none)
    await one.history.settled(Deadline.in(5000))
    await site.remove()
    await site.add('s3://b/again')
    const told = await site.told()
    t.match(told, [
      { by: 'ops', account: 'user', request_id: 'request-x', operation: 'add', resource: 'container', name: NAME, before: null, etag_before: null, after: { url: 's3://b/x' } },
      { by: 'ci', account: 'token', request_id: 'request-a', operation: 'merge', before: { url: 's3://b/x' }, after: { updated_by: 'ci' } },
      { by: 'anonymous', account: null, request_id: null, operation: 'detach' },
      { by: 'ops', operation: 'remove', after: null, etag_after: null },
      { by: 'ops', operation: 'add', before: null, after: { url: 's3://b/again' } }
    ])
    t.equal(told.length, 5)
    t.same(gaps(told), [])
    for (const { before, etag_before: tag } of told) t.equal(before && entityTagOf(JSON.stringify(before)), tag)
    t.equal(told.at(-1)!.etag_after, entityTagOf((await catalogue.find('container', NAME))!))
  })

  t.test('what changes nothing is not told, and neither is what is refused', async t => {
    const site = new RecordedCatalogue(await openIndex(t))
    await site.add('s3://b/x')
    await site.add('s3://b/x', 'other')
    await site.merge('x86_64', 's3://b/x')
    await site.merge('x86_64', 's3://b/x', {}, 'other')
    await t.rejects(site.catalogue.detach(NAME, parseArchitecture('amd64'), 'ci'), { code: 'LAST_ARCHITECTURE' })
    t.same(await site.inShort(), ['ops add', 'ci merge'], 'the merge gives it urls')
    t.equal(await site.catalogue.remove('container', 'unknown'), false)
    t.same(await site.told('container', 'unknown'), [])
  })

  t.test('specifications tell of theirs, each kind by itself', async t => {
    const site = new RecordedCatalogue(await openIndex(t))
    const store = (kind: 'job_spec' | 'hysds_io', more: string) => site.catalogue.storeSpec(kind, parseSpec(`{"id":"job:1","n":${more}}`), { name: 'ci' })
    await store('job_spec', '12345678901234567890123')
    await store('job_spec', '1.50')
    await store('job_spec', '1.50')
    await site.catalogue.remove('job_spec', 'job:1', undefined, { name: 'ops' })
    await store('hysds_io', '1')
    t.match(await site.told('job_spec', 'job:1'), [
      { by: 'ci', operation: 'add', resource: 'job_spec', before: null }, { operation: 'add' }, { by: 'ops', operation: 'remove', after: null }
    ])
    const { changes } = await site.catalogue.changesOf('job_spec', 'job:1', { limit: 2 })
    t.match(changes[1]!.json, '"before":{"id":"job:1","n":12345678901234567890123},"after":{"id":"job:1","n":1.50}')
    t.equal((await site.told('hysds_io', 'job:1')).length, 1)
    t.same(await site.told('container', 'job:1'), [])
  })

  t.test('changes of one write are told one by one, in their order', async t => {
    const site = new RecordedCatalogue(await openIndex(t))
    const gate = site.gates.hold(readOf('container'))
    const first = site.add('s3://b/0')
    await gate.reached
    const urls = Array.from({ length: 8 }, (_, at) => `s3://b/${at + 1}`)
    const rest = [...urls.map(url => site.merge('arm64', url)), site.remove(), site.merge('arm64', 's3://b/last')]
    gate.open()
    await Promise.all([first, ...rest])
    const told = await site.told()
    t.same(gaps(told), [])
    t.same(told.map(({ operation }) => operation), ['add', ...urls.map(() => 'merge'), 'remove', 'merge'])
    t.ok(site.gates.calls.filter(putOf('container')).length < 4, 'few writes made them')
  })

  t.test('what something else writes in between shows as a hole', async t => {
    const index = await openIndex(t)
    const site = new RecordedCatalogue(index)
    await site.add('s3://b/x')
    const { version } = (await index.get('container', NAME, Deadline.in(5000)))!
    await index.put('container', NAME, '{"id":"container-hello:1","url":"foreign"}', version, Deadline.in(5000))
    await site.add('s3://b/y')
    await site.add('s3://b/z')
    t.same(gaps(await site.told()), [1])
  })

  t.test('a set is told as it waits, and its publication with the build it shows', async t => {
    const site = new RecordedCatalogue(await openIndex(t))
    await site.merge('x86_64', 's3://b/old')
    await site.merge('x86_64', 's3://b/x', SET, 'ci-x86')
    await site.merge('x86_64', 's3://b/x', SET, 'ci-x86')
    await site.merge('arm64', 's3://b/a', SET, 'ci-arm')
    const told = await site.told()
    t.match(told, [
      { by: 'ci', operation: 'merge', resource: 'container' },
      { by: 'ci-x86', operation: 'merge', resource: 'set', build: '7', before: null, after: { state: 'waiting', images: [{ url: 's3://b/x', by: 'ci-x86' }] } },
      { by: 'ci-arm', account: 'token', request_id: 'request-a', operation: 'publish', resource: 'container', build: '7', before: { url: 's3://b/old' }, after: { build: '7' } }
    ])
    t.equal(told.length, 3)
    t.same(gaps(told), [])
  })

  t.test('sets that are abandoned, or that nobody completes, say so', async t => {
    const site = new RecordedCatalogue(await openIndex(t))
    await site.merge('x86_64', 's3://b/x', SET)
    await site.catalogue.abandon(NAME, { build: '7' }, { name: 'ops' })
    await site.merge('x86_64', 's3://b/x8', { ...SET, build: '8' })
    await site.catalogue.settleSets(-1, (_id, error) => { throw error })
    t.same(await site.inShort(), ['ci merge 7', 'ops abandon 7', 'ci merge 8', 'leporello expire 8'])
    t.match((await site.told()).map(({ account, after }) => [account, after?.['state']]),
      [['token', 'waiting'], [null, 'expired'], ['token', 'waiting'], ['service', 'expired']])
  })

  t.test('a set that the index refuses to register says so', async t => {
    const site = new RecordedCatalogue(await openIndex(t))
    await site.merge('x86_64', 's3://b/x', SET)
    site.gates.fail(putOf('container'), new LeporelloError('DOCUMENT_REFUSED', 'not this one'))
    await t.rejects(site.merge('arm64', 's3://b/a', SET, 'ci-arm'), { code: 'DOCUMENT_REFUSED' })
    t.same(await site.inShort(), ['ci merge 7', 'ci-arm expire 7'])
    t.match((await site.told())[1], { account: 'token', resource: 'set', before: { images: { length: 2 } }, after: { state: 'expired' } })
  })

  t.test('a set that another Leporello publishes is told by that one', async t => {
    const index = await openIndex(t)
    const dying = new RecordedCatalogue(index)
    await dying.merge('x86_64', 's3://b/x', SET)
    const died = dying.gates.die('before', putOf('container'))
    dying.merge('arm64', 's3://b/a', SET).catch(() => {})
    await died
    const other = new RecordedCatalogue(index, { takeoverMs: 0 })
    for (let round = 0; round < 2; round++) await other.catalogue.settleSets(3_600_000, (_id, error) => { throw error })
    t.match((await other.told()).at(-1), { by: 'leporello', account: 'service', request_id: null, operation: 'publish', build: '7', before: null })
  })

  for (const lands of [true, false]) {
    t.test(`a write whose answer is lost, and that ${lands ? 'lands' : 'never lands'}, is told once, by what it found`, async t => {
      const site = new RecordedCatalogue(await openIndex(t))
      const lose = (kind: 'container' | 'sets' | 'job_spec') => site.gates.lose(putOf(kind), { lands })
      lose('container')
      await site.add('s3://b/x')
      lose('container')
      await site.merge('arm64', 's3://b/a')
      lose('sets')
      await site.merge('x86_64', 's3://b/x7', SET)
      lose('container')
      await site.merge('arm64', 's3://b/a7', SET)
      site.gates.lose(({ method }) => method === 'remove', { lands })
      t.equal(await site.remove(), true)
      await site.add('s3://b/again')
      t.same(await site.inShort(), ['ops add', 'ci merge', 'ci merge 7', 'ci publish 7', 'ops remove', 'ops add'])
      t.same(gaps(await site.told()), [])

      lose('job_spec')
      await site.catalogue.storeSpec('job_spec', parseSpec('{"id":"j"}'), 'ci')
      site.gates.lose(({ method }) => method === 'remove', { lands })
      t.equal(await site.catalogue.remove('job_spec', 'j', undefined, 'ci'), true)
      t.match(await site.told('job_spec', 'j'), [{ operation: 'add', before: null, after: { id: 'j' } }, { operation: 'remove', before: { id: 'j' }, after: null }])
      t.equal((await site.told('job_spec', 'j')).length, 2)
    })
  }

  t.test('while the history is down changes go on, and are told once it is back', async t => {
    const site = new RecordedCatalogue(await openIndex(t))
    site.log.failure = down()
    for (let at = 0; at < 5; at++) await site.add(`s3://b/${at}`)
    while (site.troubles.length === 0) await nextTurn()
    t.equal(site.history.length, 5)
    t.same(await site.told(), [], 'it is read as far as it is there')
    site.log.failure = undefined
    await site.history.settled(Deadline.in(60_000))
    t.equal((await site.told()).length, 5)
    t.same(gaps(await site.told()), [])
    t.same(site.troubles, ['late'], 'it is said once')
    t.equal(site.history.dropped, 0)
  })

  t.test('of more than there is room for the oldest are dropped and counted, which is said once', async t => {
    const site = new RecordedCatalogue(await openIndex(t), { mostWaiting: 3 })
    site.log.failure = down()
    for (let at = 0; at < 8; at++) await site.add(`s3://b/${at}`)
    while (!site.troubles.includes('late')) await nextTurn()
    t.equal(site.history.length, 3)
    t.equal(site.history.dropped, 5)
    t.equal(site.troubles.filter(trouble => trouble === 'dropped').length, 1)
    site.log.failure = undefined
    await site.history.settled(Deadline.in(60_000))
    const told = await site.told()
    t.same(told.map(({ after }) => after?.['url']), ['s3://b/5', 's3://b/6', 's3://b/7'])
    t.same(gaps(told), [0], 'the hole shows')
  })

  t.test('a process that dies loses what waited in it and no more, and the next one\'s entry shows the hole', async t => {
    const index = await openIndex(t)
    const dying = new RecordedCatalogue(index)
    await dying.add('s3://b/1')
    await dying.add('s3://b/2')
    await dying.history.settled(Deadline.in(60_000))
    dying.log.failure = down()
    await dying.add('s3://b/lost')
    t.equal(dying.history.length, 1)
    const next = new RecordedCatalogue(index)
    await next.add('s3://b/3')
    const told = await next.told()
    t.same(told.map(({ after }) => after?.['url']), ['s3://b/1', 's3://b/2', 's3://b/3'])
    t.same(gaps(told), [2])
    t.equal(told[2]!.before?.['url'], 's3://b/lost', 'the change itself is not lost')
  })

  t.test('an entry that the log refuses is dropped, and holds nothing up', async t => {
    const site = new RecordedCatalogue(await openIndex(t))
    site.log.failure = new LeporelloError('DOCUMENT_REFUSED', 'not this one')
    await site.add('s3://b/x')
    await site.history.settled(Deadline.in(60_000))
    t.equal(site.history.dropped, 1)
    t.same(site.troubles, ['dropped'])
    site.log.failure = undefined
    await site.add('s3://b/y')
    t.same(gaps(await site.told()), [0])
  })

  t.test('a catalogue that closes tells what waits; what cannot be told by then is counted', async t => {
    const index = await openIndex(t)
    const site = new RecordedCatalogue(index)
    site.log.failure = down()
    await site.add('s3://b/x')
    while (site.troubles.length === 0) await nextTurn()
    const closing = site.history.close()
    site.log.failure = undefined
    await closing
    t.same([site.history.length, site.history.dropped], [0, 0])
    t.equal((await new RecordedCatalogue(index).told()).length, 1)

    const lost = new RecordedCatalogue(index, { requestTimeoutMs: 100 })
    lost.log.failure = down()
    await lost.add('s3://b/y')
    await lost.history.close()
    t.same([lost.history.length, lost.history.dropped], [0, 1])
    await lost.add('s3://b/z')
    t.equal(lost.history.dropped, 2)
  })

  t.test('secrets in urls are not told, and large documents are left out', async t => {
    const site = new RecordedCatalogue(await openIndex(t))
    await site.add('https://user:secret@host/x.tar')
    await site.merge('arm64', 'https://user:secret@host/a.tar')
    t.match((await site.told())[0]!.after, { url: 'https://host/x.tar' })
    for (const { json } of (await site.catalogue.changesOf('container', NAME, { limit: 10 })).changes) t.notMatch(json, /secret/)
    t.equal((await site.told())[1]!.etag_after, entityTagOf((await site.catalogue.find('container', NAME))!), 'the tag is that of the document')

    await site.catalogue.storeSpec('job_spec', parseSpec(`{"id":"j","large":"${'x'.repeat(2 ** 20)}"}`), 'ci')
    await site.catalogue.storeSpec('job_spec', parseSpec('{"id":"j"}'), 'ci')
    const told = await site.told('job_spec', 'j')
    t.match(told, [{ left_out: true, before: null, after: null }, { left_out: true, after: { id: 'j' } }])
    t.same(gaps(told), [])
  })

  t.test('pages go through both the registration\'s and the sets\' changes, each once', async t => {
    const site = new RecordedCatalogue(await openIndex(t))
    for (let at = 0; at < 6; at++) {
      await site.add(`s3://b/${at}`)
      await site.merge('x86_64', `s3://b/${at}`, { build: `${at}`, expect: 'x86_64,arm64' })
    }
    const all = (await site.told()).map(({ operation, after }) => `${operation} ${after?.['url'] ?? after?.['build']}`).reverse()
    t.equal(all.length, 12)
    for (const limit of [1, 3, 5, 12]) {
      const found: string[] = []
      for (let before: string | null | undefined; before !== null;) {
        const page = await site.catalogue.changesOf('container', NAME, { limit, ...before !== undefined && { before } })
        t.ok(page.changes.length <= limit)
        found.push(...page.changes.map(({ json }) => JSON.parse(json)).map(({ operation, after }) => `${operation} ${after.url ?? after.build}`))
        before = page.before
      }
      t.same(found, all, `${limit}`)
    }
    for (const before of ['x', 'W10', Buffer.from('["x","y"]').toString('base64url'), Buffer.from('[null]').toString('base64url')]) {
      await t.rejects(site.catalogue.changesOf('container', NAME, { limit: 1, before }), { code: 'PARAMETER_INVALID' }, before)
    }
  })
}
