import t from 'tap'
import { readOf } from './gated-index.js'
import { SetInstances } from './set-instances.js'

t.test('the last image of a build is not told to wait when a later build is published between its two readings', async t => {
  const site = await SetInstances.open(t)
  const [one, two] = [site.instance(), site.instance()]
  await one.amd64('1')
  const gate = one.gates.hold(readOf('sets'))
  const last = one.arm64('1')
  await gate.reached
  await two.amd64('2')
  t.match(await two.arm64('2'), { outcome: 'published' })
  gate.open()
  await t.rejects(last, { code: 'SUPERSEDED', details: { build: '1', winner: '2' } })
  t.same(await site.states(), ['1 superseded', '2 published'])
})

t.test('a registration that was removed after its sets were published is behind them for good, and costs one more reading', async t => {
  const site = await SetInstances.open(t)
  const instance = site.instance()
  await instance.amd64('1')
  await instance.arm64('1')
  await instance.remove()
  const before = instance.gates.calls.filter(readOf('container')).length
  t.match(await instance.amd64('2'), { outcome: 'waiting' })
  t.equal(instance.gates.calls.filter(readOf('container')).length, before + 2)
})
