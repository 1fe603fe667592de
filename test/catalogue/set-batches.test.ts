import t from 'tap'
import { LeporelloError } from '../../src/errors.js'
import { putOf, readOf } from './gated-index.js'
import { SetInstances, type Instance } from './set-instances.js'

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
