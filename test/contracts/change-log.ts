import { randomUUID } from 'node:crypto'
import type { Test } from 'tap'
import { ABSENT, type DocumentIndex, type Version } from '../../src/ports/document-index.js'
import type { ChangeLog, LogEntry, LoggedKind, StoredEntry } from '../../src/ports/change-log.js'
import type { OpenDocumentIndex } from './document-index.js'
import { ample, container, create, versionOf } from './document-index/helpers.js'

const AT = new Date('2026-05-01T12:00:00.000Z')

const DAY_MS = 24 * 3_600_000

function entry (name: string, version: Version, more: Partial<LogEntry> = {}): LogEntry {
  return { kind: 'container', name, version, part: 0, at: AT, json: '{"said":1}', ...more }
}

/** So many writes of a container, the oldest first. */
async function written (index: DocumentIndex, name: string, count: number): Promise<Version[]> {
  const versions: Version[] = []
  for (let at = 0; at < count; at++) {
    const outcome = await index.put('container', name, container(name, at), versions.at(-1) ?? ABSENT, ample())
    versions.push(versionOf(outcome))
  }
  return versions
}

async function appendAll (log: ChangeLog, entries: readonly LogEntry[]): Promise<void> {
  await Promise.all(entries.map(each => log.append(each, ample())))
}

/** All of a name, page by page. */
async function all (log: ChangeLog, name: string, { limit = 1000, kind = 'container' as LoggedKind } = {}): Promise<StoredEntry[]> {
  const found: StoredEntry[] = []
  for (;;) {
    const before = found.at(-1)?.position
    const { entries, isLast } = await log.page(kind, name, { ...before !== undefined && { before }, limit }, ample())
    found.push(...entries)
    if (isLast || entries.length === 0) return found
  }
}

const said = (entries: readonly StoredEntry[]) => entries.map(({ json }) => (JSON.parse(json) as { said: unknown }).said)

/** What every `ChangeLog` promises. */
export function changeLogContract (t: Test, open: OpenDocumentIndex): void {
  t.test('nothing was changed where nothing was told', async t => {
    const { changes } = (await open(t)).index
    t.same(await changes.page('container', 'a', { limit: 10 }, ample()), { entries: [], isLast: true })
    t.equal(await changes.trim({ oldest: new Date(), perName: 1 }), 0)
  })

  t.test('to ask whether it takes writes leaves nothing', async t => {
    const { index } = await open(t)
    await index.changes.checkWrites(ample())
    t.equal(await index.changes.trim({ oldest: new Date('2100-01-01'), perName: 1 }), 0)
    const [version] = await written(index, 'a', 1) as [Version]
    await index.changes.append(entry('a', version, { json: '{"said":0}' }), ample())
    await index.changes.checkWrites(ample())
    t.same(said(await all(index.changes, 'a')), [0])
  })

  t.test('the newest comes first, by the index\'s own count of its writes, in whatever order and at whatever time they are told', async t => {
    const { index, again } = await open(t)
    const versions = await written(index, 'a', 6)
    const entries = versions.map((version, at) => entry('a', version, { at: new Date(AT.getTime() - at * 1000), json: `{"said":${at}}` }))
    const other = (await again()).changes
    for (const [at, each] of entries.toReversed().entries()) await (at % 2 === 0 ? index.changes : other).append(each, ample())
    t.same(said(await all(index.changes, 'a')), [5, 4, 3, 2, 1, 0])
    t.same(said(await all(other, 'a')), [5, 4, 3, 2, 1, 0])
  })

  t.test('changes of one write are in the order of their parts', async t => {
    const { index } = await open(t)
    const [first, second] = await written(index, 'a', 2) as [Version, Version]
    await appendAll(index.changes, [
      entry('a', second, { json: '{"said":"last"}' }),
      ...[2, 0, 1_000_000, 10, 1].map(part => entry('a', first, { part, json: `{"said":${part}}` }))
    ])
    t.same(said(await all(index.changes, 'a')), ['last', 1_000_000, 10, 2, 1, 0])
  })

  t.test('a removal is counted as other writes are', async t => {
    const { index } = await open(t)
    const [first] = await written(index, 'a', 1) as [Version]
    const removal = versionOf(await index.remove('container', 'a', first, ample()))
    const anew = await create(index, 'container', 'a')
    await appendAll(index.changes, [removal, anew, first].map((version, at) => entry('a', version, { json: `{"said":${at}}` })))
    t.same(said(await all(index.changes, 'a')), [1, 0, 2])
  })

  t.test('what is told twice is there once, as it was told first', async t => {
    const { index, again } = await open(t)
    const [version] = await written(index, 'a', 1) as [Version]
    await index.changes.append(entry('a', version), ample())
    await (await again()).changes.append(entry('a', version, { json: '{"said":2}' }), ample())
    await Promise.all(Array.from({ length: 20 }, () => index.changes.append(entry('a', version), ample())))
    t.same(said(await all(index.changes, 'a')), [1])
  })

  t.test('an entry comes back as it was told, digit by digit, with its time and the number of the write', async t => {
    const { index } = await open(t)
    const versions = await written(index, 'a', 2)
    const json = '{"said":12345678901234567890123,"b":1.50,"10":"\\u00e9\u2028 \\"quoted\\"","9":{}}'
    for (const version of versions) await index.changes.append(entry('a', version, { json }), ample())
    const [second, first] = await all(index.changes, 'a') as [StoredEntry, StoredEntry]
    t.equal(first.json, json)
    t.same(first.at, AT)
    t.equal(second.write.seq_no, first.write.seq_no + 1)
    t.equal(second.write.index, first.write.index)
    t.ok(second.write.primary_term === first.write.primary_term)
  })

  t.test('names and kinds are kept apart, whatever they are called', async t => {
    const { index } = await open(t)
    const names = ['a', 'a:1', 'a*', 'b"c', 'é'.repeat(256), 'x'.repeat(512), '\u{1f600}']
    const kinds = ['container', 'sets', 'job_spec', 'hysds_io'] as const
    const entries: LogEntry[] = []
    for (const kind of kinds) {
      for (const name of names) {
        const version = await create(index, kind, name, JSON.stringify({ id: name }))
        entries.push(entry(name, version, { kind, json: JSON.stringify({ said: `${kind} ${name}` }) }))
      }
    }
    await appendAll(index.changes, entries)
    for (const kind of kinds) {
      for (const name of names) t.same(said(await all(index.changes, name, { kind })), [`${kind} ${name}`])
    }
    t.same(await all(index.changes, 'A'), [])
  })

  t.test('pages of any size go through all, and on from where they were when more is told or the last is gone', async t => {
    const { index } = await open(t)
    const versions = await written(index, 'a', 25)
    const entries = versions.map((version, at) => entry('a', version, { at: new Date(AT.getTime() + at * DAY_MS), json: `{"said":${at}}` }))
    await appendAll(index.changes, entries.slice(0, 24))
    for (const limit of [1, 7, 24, 25, 1000]) {
      t.same(said(await all(index.changes, 'a', { limit })), Array.from({ length: 24 }, (_, at) => 23 - at), `${limit}`)
    }
    const { entries: [, , third] } = await index.changes.page('container', 'a', { limit: 3 }, ample())
    await index.changes.append(entries[24]!, ample())
    const before = third!.position
    t.same(said((await index.changes.page('container', 'a', { before, limit: 2 }, ample())).entries), [20, 19])
    await index.changes.trim({ oldest: new Date(0), perName: 2 })
    t.same(await index.changes.page('container', 'a', { before, limit: 2 }, ample()), { entries: [], isLast: true })
  })

  t.test('a page of large entries is short, and says that there is more', async t => {
    const { index } = await open(t)
    const versions = await written(index, 'a', 12)
    const large = 'x'.repeat(2 * 2 ** 20)
    for (const [at, version] of versions.entries()) {
      await index.changes.append(entry('a', version, { json: `{"said":${at},"large":"${large}"}` }), ample())
    }
    const { entries, isLast } = await index.changes.page('container', 'a', { limit: 1000 }, ample())
    t.ok(entries.length > 0 && entries.length < 12, `${entries.length}`)
    t.equal(isLast, false)
    t.same(said(await all(index.changes, 'a')), [11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0])
  })

  t.test('what is no position is refused', async t => {
    const { index } = await open(t)
    for (const before of ['', 'x', '{}', '[]', '[1,2,3,4,5]', '1.x', '-1.0']) {
      await t.rejects(index.changes.page('container', 'a', { before, limit: 1 }, ample()),
        { code: 'PARAMETER_INVALID', details: { parameter: 'before' } }, before)
    }
  })

  t.test('what is too old goes, and of each name all but the newest', async t => {
    const { index } = await open(t)
    const entries: LogEntry[] = []
    for (const name of ['a', 'b', 'c']) {
      const versions = await written(index, name, 8)
      entries.push(...versions.map((version, at) => entry(name, version, { at: new Date(AT.getTime() + at * DAY_MS), json: `{"said":${at}}` })))
    }
    await appendAll(index.changes, entries.filter(({ name }, at) => name !== 'c' || at % 8 < 3))
    t.equal(await index.changes.trim({ oldest: new Date(AT.getTime() + 2 * DAY_MS), perName: 100 }), 6)
    t.same(said(await all(index.changes, 'a')), [7, 6, 5, 4, 3, 2])
    t.same(said(await all(index.changes, 'c')), [2])
    t.equal(await index.changes.trim({ oldest: new Date(0), perName: 4 }), 4)
    for (const [name, left] of [['a', [7, 6, 5, 4]], ['b', [7, 6, 5, 4]], ['c', [2]]] as const) {
      t.same(said(await all(index.changes, name)), left, name)
    }
    t.equal(await index.changes.trim({ oldest: new Date(0), perName: 4 }), 0)
  })

  t.test('several who remove what is too much at the same time leave as many as one does', async t => {
    const { index, again } = await open(t)
    const other = (await again()).changes
    const versions = await written(index, 'a', 40)
    await appendAll(index.changes, versions.map((version, at) => entry('a', version, { json: `{"said":${at}}` })))
    const limits = { oldest: new Date(0), perName: 10 }
    await Promise.all([index.changes, other, index.changes, other].map(log => log.trim(limits)))
    t.same(said(await all(other, 'a')), [39, 38, 37, 36, 35, 34, 33, 32, 31, 30])
  })

  t.test('more than a thousand entries are told, read and removed', async t => {
    const { index } = await open(t)
    const [version] = await written(index, randomUUID(), 1) as [Version]
    await appendAll(index.changes, Array.from({ length: 1200 }, (_, part) => entry('many', version, { part, json: `{"said":${part}}` })))
    t.equal((await all(index.changes, 'many', { limit: 500 })).length, 1200)
    t.equal(await index.changes.trim({ oldest: new Date(0), perName: 3 }), 1197)
    t.same(said(await all(index.changes, 'many')), [1199, 1198, 1197])
  })

  t.test('a log that is closed refuses', async t => {
    const { index } = await open(t)
    const [version] = await written(index, 'a', 1) as [Version]
    await index.close()
    await t.rejects(index.changes.append(entry('a', version), ample()), { code: 'INDEX_UNAVAILABLE' })
    await t.rejects(index.changes.page('container', 'a', { limit: 1 }, ample()), { code: 'INDEX_UNAVAILABLE' })
    await t.rejects(index.changes.checkWrites(ample()), { code: 'INDEX_UNAVAILABLE' })
  })
}
