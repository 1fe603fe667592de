import { setImmediate as nextTurn } from 'node:timers/promises'
import t from 'tap'
import { Deadline } from '../../src/deadline.js'
import { ownersTimeMs } from '../../src/domain/set-times.js'
import { putOf, readOf } from './gated-index.js'
import { abandoned, NAME, SetInstances } from './set-instances.js'

t.test('a set of two through two instances is published once, and closed', async t => {
  const site = await SetInstances.open(t)
  const [one, two] = [site.instance(), site.instance()]
  const answers = await Promise.all([one.amd64('1'), two.arm64('1')])
  t.same(answers.map(({ outcome }) => outcome).sort(), ['published', 'waiting'])
  t.same(await site.shown(), { amd64: '1-x', arm64: '1-a', build: '1' })
  t.same(await site.states(), ['1 published'])
  t.equal((await site.document())!.set, (await site.sets())[0]!.id)
  t.same(await site.instance().catalogue.pending(NAME), [])
  t.match(await one.amd64('1'), { outcome: 'unchanged' })
})

t.test('all who sent a part of a set in the same moment are answered with what is registered', async t => {
  const site = await SetInstances.open(t)
  const instance = site.instance()
  const answers = await Promise.all(await instance.inOneBatch(() =>
    [instance.amd64('1'), instance.arm64('1'), instance.arm64('1'), instance.amd64('1')]))
  const { json, tag } = (await site.document())!
  t.match(answers, [
    { outcome: 'waiting' },
    { outcome: 'published', document: json, tag, kept: { length: 0 } },
    { outcome: 'published', document: json, tag, kept: { length: 0 } },
    { outcome: 'published', document: json, tag, kept: { length: 0 } }
  ])
  t.equal(instance.gates.calls.filter(putOf('container')).length, 1)
})

t.test('many sets that one instance completes in the same moment are shown one after the other, without a rest in between', async t => {
  const site = await SetInstances.open(t)
  const instance = site.instance({ requestTimeoutMs: 10_000 })
  const builds = Array.from({ length: 60 }, (_, number) => `${number}`)
  await Promise.all(builds.map(build => instance.amd64(build)))
  // With rests that grow up to a second these would take three times as long as they have.
  const answers = await Promise.all(await instance.inOneBatch(() => builds.map(build => instance.arm64(build))))
  t.same([...new Set(answers.map(({ outcome }) => outcome))], ['published'])
  t.same(await site.states(), builds.map(build => `${build} published`))
})

t.test('a set that is shown and cannot be closed in time is answered as published', async t => {
  const site = await SetInstances.open(t)
  const instance = site.instance({ requestTimeoutMs: 1500 })
  await site.instance().amd64('1')
  for (let write = 0; write < 100; write++) instance.gates.lose(putOf('sets'), { lands: false, skip: 1 })
  const answer = await instance.arm64('1')
  t.match(answer, { outcome: 'published', document: (await site.document())!.json })
  t.same(await site.states(), ['1 complete'])
})

t.test('a set that waits is abandoned though its build was added since', async t => {
  const site = await SetInstances.open(t)
  const instance = site.instance()
  await instance.amd64('1')
  await instance.add('added', '1')
  t.same(await site.states(), ['1 waiting', '1 direct'])
  t.match(await instance.catalogue.abandon(NAME, { build: '1' }), { build: '1', missing: ['arm64'] })
  t.same(await site.states(), ['1 expired', '1 direct'])
  await t.rejects(instance.catalogue.abandon(NAME, { build: '1' }), { code: 'SET_UNKNOWN' })
})

t.test('a set that was superseded before it could be taken over is settled without a complaint', async t => {
  const site = await SetInstances.open(t)
  const dying = site.instance({ requestTimeoutMs: 3000 })
  await dying.amd64('1')
  const died = dying.gates.die('before', putOf('container'))
  abandoned(dying.arm64('1'))
  await died
  await site.instance().direct('2')
  await site.instance({ takeoverMs: 0 }).takeOver()
  t.same(await site.states(), ['1 superseded', '2 direct'])
  t.same(await site.shown(), { amd64: '2-direct', build: '2' })
})

t.test('nobody takes a set over in whose hands it has not been seen for long enough', async t => {
  const site = await SetInstances.open(t)
  const dying = site.instance({ requestTimeoutMs: 3000 })
  await dying.amd64('1')
  const died = dying.gates.die('before', putOf('container'))
  abandoned(dying.arm64('1'))
  await died
  const patient = site.instance()
  await patient.takeOver()
  const [first, second] = [site.instance({ takeoverMs: 0 }), site.instance({ takeoverMs: 0 })]
  await first.settle()
  await second.settle()
  const owner = (await site.sets())[0]!.owner
  t.same(await site.states(), ['1 complete'])
  const gate = first.gates.hold(putOf('container'))
  const takeover = first.settle()
  await gate.reached
  t.not((await site.sets())[0]!.owner, owner)
  await second.settle()
  t.equal(second.gates.calls.filter(putOf('sets')).length, 0, 'it has seen the new owner only once')
  gate.open()
  await takeover
  t.same(await site.states(), ['1 published'])
})

t.test('an owner whose time has passed writes nothing any more', async t => {
  const site = await SetInstances.open(t)
  const owner = site.instance({ requestTimeoutMs: 500 })
  await site.instance().amd64('1')
  const gate = owner.gates.hold(readOf('sets'), { skip: 1 })
  const last = owner.arm64('1')
  await gate.reached
  // The owner's time began before.
  const until = Deadline.in(ownersTimeMs(500))
  await t.rejects(last, { code: 'OUTCOME_UNKNOWN' })
  while (!until.passed) await nextTurn()
  gate.open()
  // Its next request waits in the lane until the publication has ended.
  await t.rejects(owner.arm64('1'), { code: 'NOT_APPLIED' })
  t.equal(await site.shown(), undefined)
  t.same(await site.states(), ['1 complete'])
})
