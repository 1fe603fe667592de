import t from 'tap'
import { namingDocuments, UnnamedTarballs } from '../../src/catalogue/named-tarballs.js'
import type { DocumentKind } from '../../src/ports/document-index.js'
import { anyRead, putOf, readOf } from './gated-index.js'
import { abandoned, SetInstances, type Instance } from './set-instances.js'
import { changed } from './swept-catalogue.js'

// Each test is the shortest order in which the rule that its title begins with is needed. M is a merge, A an add, R a
// remove, T a takeover, W a sweep; `1a` is arm64 of build 1, `1x` its x86_64.

const PUBLISHED_1 = { amd64: '1-x', arm64: '1-a', build: '1' }
const PUBLISHED_2 = { amd64: '2-x', arm64: '2-a', build: '2' }

/** An instance dies with the last image of build 1, at that point. Its request, which is never answered, is let go. */
async function crash (site: SetInstances, when: 'before' | 'after', at: Parameters<Instance['gates']['die']>[1]): Promise<void> {
  const dying = site.instance({ requestTimeoutMs: 3000 })
  await dying.amd64('1')
  const died = dying.gates.die(when, at)
  abandoned(dying.arm64('1'))
  await died
}

t.test('CAS in merge: Mx reads, Ma reads, Mx writes, Ma writes, and both are there', async t => {
  const site = await SetInstances.open(t)
  const [x, a] = [site.instance(), site.instance()]
  const [gateX, gateA] = [x.gates.hold(putOf('container')), a.gates.hold(putOf('container'))]
  const merges = [x.merge({ architecture: 'x86_64', url: 'x' }), a.merge({ architecture: 'arm64', url: 'a' })]
  await Promise.all([gateX.reached, gateA.reached])
  gateX.open()
  await merges[0]
  gateA.open()
  await merges[1]
  t.same(await site.shown(), { amd64: 'x', arm64: 'a' })
})

t.test('order of builds: 1x 2x 1a 2a, one after the other, and both of 2 are there', async t => {
  const site = await SetInstances.open(t)
  const [one, two] = [site.instance(), site.instance()]
  await one.direct('1')
  await two.direct('2')
  await t.rejects(one.direct('1', 'arm64'), { code: 'SUPERSEDED', details: { build: '1', winner: '2' } })
  await two.direct('2', 'arm64')
  t.same(await site.shown(), { amd64: '2-direct', arm64: '2-direct', build: '2' })
})

t.test('order of builds, sets: 1 is complete, 2 is published, and then 1 is not', async t => {
  const site = await SetInstances.open(t)
  const [one, two] = [site.instance(), site.instance()]
  await one.amd64('1')
  const gate = one.gates.hold(readOf('container'), { skip: 1 })
  const last = one.arm64('1')
  await gate.reached
  await two.direct('2')
  gate.open()
  await t.rejects(last, { code: 'SUPERSEDED', details: { build: '1', winner: '2' } })
  t.same(await site.shown(), { amd64: '2-direct', build: '2' })
  t.same(await site.states(), ['1 superseded', '2 direct'])
})

t.test('order of builds, sets: 1 is about to be complete, 2 is complete and published, and then 1 is not', async t => {
  const site = await SetInstances.open(t)
  const [one, two] = [site.instance(), site.instance()]
  await one.amd64('1')
  await two.amd64('2')
  const gate = one.gates.hold(putOf('sets'))
  const last = one.arm64('1')
  await gate.reached
  await two.arm64('2')
  gate.open()
  await t.rejects(last, { code: 'SUPERSEDED', details: { build: '1', winner: '2' } })
  t.same(await site.shown(), PUBLISHED_2)
  t.same(await site.states(), ['1 superseded', '2 published'])
})

t.test('C written before P is closed: after a crash between the two the set appears', async t => {
  const site = await SetInstances.open(t)
  await crash(site, 'before', putOf('container'))
  await site.instance({ takeoverMs: 0 }).takeOver()
  t.same(await site.shown(), PUBLISHED_1)
  t.same(await site.states(), ['1 published'])
})

t.test('marker set in C: publish, crash, M changes C, T, and the merge stands', async t => {
  const site = await SetInstances.open(t)
  await crash(site, 'after', putOf('container'))
  await site.instance().merge({ architecture: 'arm64', url: 'another' })
  await site.instance({ takeoverMs: 0 }).takeOver()
  t.same(await site.shown(), { amd64: '1-x', arm64: 'another', build: '1' })
  t.same(await site.states(), ['1 published'])
})

t.test('add keeps set: publish, crash, A replaces C, T, and the add stands', async t => {
  const site = await SetInstances.open(t)
  await crash(site, 'after', putOf('container'))
  await site.instance().add('added')
  await site.instance({ takeoverMs: 0 }).takeOver()
  t.same(await site.shown(), { amd64: 'added' })
  t.same(await site.states(), ['1 published'])
})

t.test('remove closes P first: publish, crash, R, T, and the name stays removed', async t => {
  const site = await SetInstances.open(t)
  await crash(site, 'after', putOf('container'))
  t.equal(await site.instance().remove(), true)
  await site.instance({ takeoverMs: 0 }).takeOver()
  t.equal(await site.shown(), undefined)
  t.same(await site.states(), ['1 published'])
})

t.test('remove closes P first: 1 publishes, crash, direct build 2 replaces C, R, T, and 1 does not come back', async t => {
  const site = await SetInstances.open(t)
  await crash(site, 'after', putOf('container'))
  await site.instance().direct('2')
  t.equal(await site.instance().remove(), true)
  await site.instance({ takeoverMs: 0 }).takeOver()
  t.equal(await site.shown(), undefined)
  t.same(await site.states(), ['1 superseded', '2 direct'])
})

t.test('a build keeps its place: direct 2, direct 3, a held merge of 2 makes a set, and it is not published over 3', async t => {
  const site = await SetInstances.open(t)
  const [held, other] = [site.instance(), site.instance()]
  const gate = held.gates.hold(readOf('sets'))
  const first = held.amd64('2')
  await gate.reached
  await other.direct('2')
  await other.direct('3')
  gate.open()
  t.match(await first, { outcome: 'waiting' })
  t.same(await site.states(), ['2 direct', '2 waiting', '3 direct'])
  await t.rejects(other.arm64('2'), { code: 'SUPERSEDED', details: { winner: '3' } })
  t.same(await site.shown(), { amd64: '3-direct', build: '3' })
})

t.test('one complete entry a name: 1 and 2 complete, 1 reads C absent, R, and the older is not there after the newer', async t => {
  const site = await SetInstances.open(t)
  const [one, two] = [site.instance(), site.instance()]
  await one.amd64('1')
  await two.amd64('2')
  const gate = one.gates.hold(putOf('container'))
  const lastOf1 = one.arm64('1')
  await gate.reached
  const waits = two.gates.made(4, readOf('sets'))
  const lastOf2 = two.arm64('2')
  const waited = await Promise.race([lastOf2, waits.then(() => 'it waits')])
  t.equal(waited, 'it waits')
  const removed = await site.instance().remove()
  gate.open()
  await Promise.all([lastOf1, lastOf2])
  t.equal(removed, false)
  t.same(await site.shown(), PUBLISHED_2)
  t.same(await site.states(), ['1 published', '2 published'])
})

t.test('C read before P in publish: 1 reads one, build 2 enters P and writes C, 1 reads the other, and 2 stands', async t => {
  const site = await SetInstances.open(t)
  const [one, two] = [site.instance(), site.instance()]
  await two.add('old')
  await one.amd64('1')
  const complete = one.gates.hold(putOf('sets'))
  const last = one.arm64('1')
  await complete.reached
  const second = one.gates.hold(anyRead, { skip: 1 })
  complete.open()
  await second.reached
  await two.direct('2')
  second.open()
  await t.rejects(last, { code: 'SUPERSEDED', details: { winner: '2' } })
  t.same(await site.shown(), { amd64: '2-direct', build: '2' })
})

t.test('one owner: Ma reads C absent, another Ma does not help, Ma publishes and closes, R, and the name stays removed', async t => {
  const site = await SetInstances.open(t)
  const [owner, helper] = [site.instance(), site.instance()]
  await owner.amd64('1')
  const gate = owner.gates.hold(putOf('container'))
  const last = owner.arm64('1')
  await gate.reached
  const create = helper.gates.hold(putOf('container'))
  const waits = helper.gates.made(4, readOf('sets'))
  const again = helper.arm64('1')
  const waited = await Promise.race([create.reached.then(() => 'it helps'), waits.then(() => 'it waits')])
  const asks = helper.gates.hold(readOf('container'))
  if (waited === 'it waits') await asks.reached
  gate.open()
  t.match(await last, { outcome: 'published' })
  t.equal(await site.instance().remove(), true)
  create.open()
  asks.open()
  t.match(await again, { outcome: 'waiting' }, 'for x86_64, as after every remove')
  t.equal(await site.shown(), undefined)
})

t.test('claim by CAS: two T see the set of a dead owner, one publishes and closes, R, and the other does nothing', async t => {
  const site = await SetInstances.open(t)
  await crash(site, 'before', putOf('container'))
  const [one, two] = [site.instance({ takeoverMs: 0 }), site.instance({ takeoverMs: 0 })]
  await Promise.all([one.settle(), two.settle()])
  const gates = [one.gates.hold(putOf('sets')), two.gates.hold(putOf('sets'))] as const
  const takeovers = [one.settle(), two.settle()]
  await Promise.all(gates.map(({ reached }) => reached))
  gates[0].open()
  await takeovers[0]
  t.same(await site.shown(), PUBLISHED_1)
  t.equal(await site.instance().remove(), true)
  gates[1].open()
  await takeovers[1]
  t.equal(await site.shown(), undefined)
  t.same(await site.states(), ['1 published'])
})

t.test('claim by CAS: an owner whose set was taken over while it looked writes nothing any more', async t => {
  const site = await SetInstances.open(t)
  const [owner, taker] = [site.instance(), site.instance({ takeoverMs: 0 })]
  await owner.amd64('1')
  const gate = owner.gates.hold(readOf('sets'), { skip: 1 })
  const last = owner.arm64('1')
  await gate.reached
  const claimed = taker.gates.hold(putOf('container'))
  const takeover = taker.takeOver()
  await claimed.reached
  const waits = owner.gates.made(3, readOf('sets'))
  gate.open()
  await waits
  t.equal(owner.gates.calls.filter(putOf('container')).length, 0)
  claimed.open()
  await takeover
  t.match(await last, { outcome: 'unchanged' })
  t.same(await site.shown(), PUBLISHED_1)
})

t.test('no second create after an unknown one: it lands late, T closes it, R, and the name stays removed', async t => {
  const site = await SetInstances.open(t)
  const owner = site.instance()
  await owner.amd64('1')
  const late = owner.gates.delay(putOf('container'))
  await t.rejects(owner.arm64('1'), { code: 'OUTCOME_UNKNOWN' })
  t.equal(owner.gates.calls.filter(putOf('container')).length, 1)
  t.same(await site.states(), ['1 complete'], 'the rest is a takeover\'s')
  t.match(await late.land(), { outcome: 'written' })
  await site.instance({ takeoverMs: 0 }).takeOver()
  t.same(await site.shown(), PUBLISHED_1)
  t.equal(await site.instance().remove(), true)
  t.equal(await site.shown(), undefined)
})

t.test('no second create after an unknown one: nor when it is sent again while the lane waits with somebody else\'s image', async t => {
  const site = await SetInstances.open(t)
  const owner = site.instance()
  await owner.amd64('1')
  await owner.amd64('2')
  const late = owner.gates.delay(putOf('container'))
  const [lastOf1, lastOf2] = await owner.inOneBatch(() => [owner.arm64('1'), owner.arm64('2')])
  await t.rejects(lastOf1!, { code: 'OUTCOME_UNKNOWN' })
  const again = owner.arm64('1')
  abandoned(again)
  const judged = owner.gates.made(4, readOf('sets'))
  await Promise.race([again.catch(() => {}), judged])
  t.equal(owner.gates.calls.filter(putOf('container')).length, 1)
  t.same([await site.shown(), await site.states()], [undefined, ['1 complete', '2 waiting']], 'the rest is a takeover\'s')
  t.match(await late.land(), { outcome: 'written' })
  await site.instance({ takeoverMs: 0 }).takeOver()
  t.match(await Promise.all([again, lastOf2]), [{ outcome: 'unchanged' }, { outcome: 'published' }])
  t.same([await site.shown(), await site.states()], [PUBLISHED_2, ['1 published', '2 published']])
})

for (const [where, sameLane] of [['another instance', false], ['the same lane', true]] as const) {
  t.test(`B4 second half: crash or not, a second arm64 with other bytes through ${where} is not answered as if it were in the set`, async t => {
    const site = await SetInstances.open(t)
    const second = site.instance({ takeoverMs: 0 })
    if (sameLane) {
      await second.amd64('1')
      const [first, other] = await Promise.all(await second.inOneBatch(() => [second.arm64('1'), second.arm64('1', 'other bytes')]))
      t.match([first, other], [{ outcome: 'published' }, { outcome: 'changed', kept: { length: 0 } }])
    } else {
      await crash(site, 'before', putOf('container'))
      t.match(await second.arm64('1', 'other bytes'), { outcome: 'changed', kept: { length: 0 } })
    }
    t.same(await site.shown(), { ...PUBLISHED_1, arm64: 'other bytes' })
    t.same(await site.states(), ['1 published'])
  })
}

t.test('expiry by CAS: expiry reads waiting, the set completes and is published, and stays so', async t => {
  const site = await SetInstances.open(t)
  const [builder, timer] = [site.instance(), site.instance()]
  await builder.amd64('1')
  const gate = timer.gates.hold(putOf('sets'))
  const expiry = timer.expire()
  await gate.reached
  await builder.arm64('1')
  gate.open()
  await expiry
  t.same(await site.states(), ['1 published'])
  t.same(await site.shown(), PUBLISHED_1)
})

t.test('sweep reads P before C: W reads one, the set moves from P to C, W reads the other, and its tarballs are named', async t => {
  const site = await SetInstances.open(t)
  const builder = site.instance()
  const [x, a] = ['01ARZ3NDEKTSV4RRFFQ69G5FAV', '01BX5ZZKBKACTAV9WEVGEMMVRZ'].map(ulid => ({ ulid, file: 'hello.tar.gz' }))
  await builder.amd64('1', `s3://b/containers/hello/${x!.ulid}/${x!.file}`)
  const read: DocumentKind[] = []
  const index = changed(site.index, {
    documents: async function * (kind, options) {
      yield * site.index.documents(kind, options)
      if (read.push(kind) === 1) await builder.arm64('1', `s3://b/containers/hello/${a!.ulid}/${a!.file}`)
    }
  })
  const unnamed = new UnnamedTarballs([x!, a!])
  for await (const { json } of namingDocuments({ index, indices: [], requestTimeoutMs: 10_000 })) unnamed.see(json)
  t.same([x, a].filter(place => unnamed.has(place!)), [])
  t.match(await site.shown(), { build: '1' })
})
