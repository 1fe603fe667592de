import t from 'tap'
import { ContainerChanges } from '../../src/catalogue/container-changes.js'
import { Deadline } from '../../src/deadline.js'
import { parseArchitecture } from '../../src/domain/architecture.js'
import { parseBuildOfImages } from '../../src/domain/build.js'
import { parseContainerMerge } from '../../src/domain/container-merge.js'
import { Precondition } from '../../src/domain/precondition.js'
import { LeporelloError } from '../../src/errors.js'
import { GatedIndex, putOf, readOf } from './gated-index.js'
import { BOTH, NAME, SetInstances, type Instance } from './set-instances.js'

// In one batch some changes need the sets written, others the registration, and the second write may fail.

const FAILURES: Record<string, (instance: Instance) => void> = {
  'is beaten to the end': ({ gates }) => { for (let n = 0; n < 100; n++) gates.beat(putOf('container')) },
  'has no known outcome': ({ gates }) => { for (let n = 0; n < 100; n++) gates.lose(putOf('container'), { lands: false }) },
  fails: ({ gates }) => { gates.fail(putOf('container'), new LeporelloError('INDEX_UNAVAILABLE', 'down')) }
}

for (const [how, fail] of Object.entries(FAILURES)) {
  t.test(`an image that waits is acknowledged though the registration that is written with it ${how}`, async t => {
    const site = await SetInstances.open(t)
    const instance = site.instance({ requestTimeoutMs: 1200 })
    fail(instance)
    const [plain, waiting] = await instance.inOneBatch(() => [instance.merge({ architecture: 's390x', url: 's' }), instance.amd64('1')])
    t.match(await waiting, { outcome: 'waiting' })
    await t.rejects(plain!, { code: /NOT_APPLIED|OUTCOME_UNKNOWN|INDEX_UNAVAILABLE/ })
    t.match(await site.sets(), [{ state: 'waiting', images: [{ url: '1-x' }] }])
  })

  t.test(`the last image of a set is not said to be left out where the registration that is written with it ${how}`, async t => {
    const site = await SetInstances.open(t)
    const instance = site.instance({ requestTimeoutMs: 1200 })
    await site.instance().amd64('1')
    fail(instance)
    const [, last] = await instance.inOneBatch(() => [instance.merge({ architecture: 's390x', url: 's' }), instance.arm64('1')])
    await t.rejects(last!, { code: 'OUTCOME_UNKNOWN' }, 'its tarball must be kept')
    t.match(await site.sets(), [{ state: 'complete', images: { length: 2 } }])
    await site.instance({ takeoverMs: 0 }).takeOver()
    t.match(await site.shown(), { amd64: '1-x', arm64: '1-a' })
  })
}

t.test('what the index refuses of a batch keeps the set that is completed with it from nobody', async t => {
  const site = await SetInstances.open(t)
  const instance = site.instance({ requestTimeoutMs: 3000 })
  await instance.amd64('1')
  const refusal = new LeporelloError('DOCUMENT_REFUSED', 'not this one')
  for (let attempt = 0; attempt < 2; attempt++) instance.gates.fail(putOf('container'), refusal)
  const [plain, last] = await instance.inOneBatch(() => [instance.merge({ architecture: 's390x', url: 's' }), instance.arm64('1')])
  await t.rejects(plain!, { code: 'DOCUMENT_REFUSED' })
  t.match(await last, { outcome: 'published' })
  t.same([await site.shown(), await site.states()], [{ amd64: '1-x', arm64: '1-a', build: '1' }, ['1 published']])
})

t.test('of a batch that the index refuses who repeats the last image of a set sends no second creation', async t => {
  const site = await SetInstances.open(t)
  const instance = site.instance({ requestTimeoutMs: 3000 })
  await instance.amd64('1')
  const refusal = new LeporelloError('DOCUMENT_REFUSED', 'not this one')
  for (let attempt = 0; attempt < 2; attempt++) instance.gates.fail(putOf('container'), refusal)
  instance.gates.delay(putOf('container'))
  const [plain, ...last] = await instance.inOneBatch(() => [instance.merge({ architecture: 's390x', url: 's' }), instance.arm64('1'), instance.arm64('1')])
  await t.rejects(plain!, { code: 'DOCUMENT_REFUSED' })
  for (const each of last) await t.rejects(each, { code: 'OUTCOME_UNKNOWN' })
  t.equal(instance.gates.calls.filter(putOf('container')).length, 3)
  t.same([await site.shown(), await site.states()], [undefined, ['1 complete']], 'the rest is a takeover\'s')
})

t.test('an image that waits is not refused once it does, whoever comes between the two writes of its batch', async t => {
  const site = await SetInstances.open(t)
  const instance = site.instance()
  await instance.add('old')
  const gate = instance.gates.hold(putOf('container'))
  const [plain, waiting] = await instance.inOneBatch(() => [instance.merge({ architecture: 's390x', url: 's' }), instance.amd64('1')])
  await gate.reached
  await site.instance().direct('2')
  gate.open()
  t.match(await waiting, { outcome: 'waiting' })
  await plain
  t.same(await site.states(), ['1 waiting', '2 direct'])
  t.match(await site.shown(), { amd64: '2-direct', s390x: 's', build: '2' })
})

t.test('what is superseded after another write of its batch was beaten is told so', async t => {
  const site = await SetInstances.open(t)
  const instance = site.instance()
  await instance.add('old')
  await instance.amd64('1')
  const gate = instance.gates.hold(putOf('container'))
  const [plain, last] = await instance.inOneBatch(() => [instance.merge({ architecture: 's390x', url: 's' }), instance.arm64('1')])
  await gate.reached
  await site.instance().direct('2')
  gate.open()
  // It was complete, and somebody might have published it before build 2.
  await t.rejects(last!, { code: 'OUTCOME_UNKNOWN' })
  await plain
  await t.rejects(instance.arm64('1'), { code: 'SUPERSEDED' }, 'which the next attempt is told')
  await site.instance({ takeoverMs: 0 }).takeOver()
  t.match(await site.shown(), { amd64: '2-direct', build: '2' })
  t.same(await site.states(), ['1 superseded', '2 direct'])
})

t.test('what may have been shown before it was superseded is not said to be left out', async t => {
  const site = await SetInstances.open(t)
  const [instance, other] = [site.instance(), site.instance()]
  await instance.add('old')
  await instance.amd64('1')
  instance.gates.lose(putOf('container'), { lands: true })
  const gate = instance.gates.hold(readOf('container'), { skip: 2 })
  const last = instance.arm64('1')
  await gate.reached
  t.match(await site.shown(), { build: '1' })
  await other.direct('2')
  gate.open()
  await t.rejects(last, { code: 'OUTCOME_UNKNOWN' })
  await t.rejects(instance.arm64('1'), { code: 'SUPERSEDED' })
  t.same(await site.states(), ['1 superseded', '2 direct'])
})

t.test('who left at its deadline while the sets were written is not in the registration that is written after them', async t => {
  const site = await SetInstances.open(t)
  const gates = new GatedIndex(site.index)
  let deadline = Deadline.in(60_000)
  const changes = new ContainerChanges({ index: gates.index, requestTimeoutMs: 60_000, takeoverMs: 3_600_000, deadline: () => deadline, now: () => new Date() })
  const merge = (architecture: string, build?: string) => changes.merge({
    ...parseContainerMerge({ name: NAME, version: '1', digest: undefined, urls: undefined, architecture, url: architecture }),
    ...parseBuildOfImages(build, build && BOTH)
  }, 'ci', Precondition.none)
  const reading = gates.hold(readOf('container'))
  const before = changes.detach(NAME, parseArchitecture('riscv64'), 'ci', Precondition.none)
  await reading.reached
  const writing = gates.hold(putOf('sets'))
  const [patient, waiting] = [merge('s390x'), merge('x86_64', '1')]
  deadline = Deadline.in(500)
  const hurried = merge('ppc64le')
  reading.open()
  await t.rejects(before, { code: 'CONTAINER_UNKNOWN' })
  await writing.reached
  await t.rejects(hurried, { code: 'INDEX_UNAVAILABLE', message: /was not changed/ })
  writing.open()
  t.match(await Promise.all([waiting, patient]), [{ outcome: 'waiting' }, { outcome: 'created' }])
  t.same(await site.shown(), { s390x: 's390x' }, 'an upload removes what it has stored when it is told that')
  t.same(await site.states(), ['1 waiting'])
})
