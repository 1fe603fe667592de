import t, { type Test } from 'tap'
import { LeporelloError } from '../../src/errors.js'
import { putOf, readOf } from './gated-index.js'
import { abandoned, BOTH, NAME, SetInstances, type Instance } from './set-instances.js'
import { changed } from './swept-catalogue.js'

// A site's own mapping of the registrations may refuse what the sets, which have none, have taken image by image.

const REFUSAL = { code: 'DOCUMENT_REFUSED', message: /no date/ }

/** Where a version has to be a date. */
async function open (t: Test): Promise<SetInstances> {
  const { index } = await SetInstances.open(t)
  return new SetInstances(changed(index, {
    put: async (kind, id, json, ...rest) => {
      if (kind === 'container' && json.includes('"develop"')) throw new LeporelloError('DOCUMENT_REFUSED', 'no date: develop')
      return await index.put(kind, id, json, ...rest)
    }
  }))
}

function send (instance: Instance, architecture: string, build = '1', version = 'develop') {
  return instance.merge({ build, expect: BOTH, version, architecture, url: `${build}-${architecture}` })
}

t.test('the last image of a set that the index refuses is told so, and the set ends', async t => {
  const site = await open(t)
  const instance = site.instance()
  await instance.add('old')
  t.match(await send(instance, 'x86_64'), { outcome: 'waiting' })
  await t.rejects(send(instance, 'arm64'), REFUSAL)
  t.same([await site.shown(), await site.states()], [{ amd64: 'old' }, ['1 expired']])
  await t.rejects(instance.catalogue.abandon(NAME, { build: '1' }), { code: 'SET_UNKNOWN' })

  for (const build of ['1', '2']) {
    t.match(await send(instance, 'x86_64', build, '2024-01-01'), { outcome: 'waiting' })
    t.match(await send(instance, 'arm64', build, '2024-01-01'), { outcome: 'published' }, 'nothing is in the way of others')
  }
  t.same(await site.states(), ['1 expired', '1 published', '2 published'])
})

t.test('a set that the index refuses holds nobody up who waits behind it', async t => {
  const site = await open(t)
  const instance = site.instance()
  await send(instance, 'x86_64')
  await send(instance, 'x86_64', '2', '2024-01-01')
  const [last, other, plain] = await instance.inOneBatch(() => [
    send(instance, 'arm64'), send(instance, 'arm64', '2', '2024-01-01'), instance.merge({ architecture: 's390x', url: 's' })
  ])
  await t.rejects(last!, REFUSAL)
  t.match(await Promise.all([other, plain]), [{ outcome: 'published' }, { outcome: 'created' }])
  t.same(await site.states(), ['1 expired', '2 published'])
})

t.test('who waits for the owner of a set that the index refuses begins a new one', async t => {
  const site = await open(t)
  const [owner, other] = [site.instance(), site.instance()]
  await send(owner, 'x86_64')
  const gate = owner.gates.hold(putOf('container'))
  const last = send(owner, 'arm64')
  await gate.reached
  const waits = other.gates.made(2, readOf('sets'))
  const again = send(other, 'arm64')
  await waits
  gate.open()
  await t.rejects(last, REFUSAL)
  t.match(await again, { outcome: 'waiting', set: { images: { length: 1 } } })
  t.same(await site.states(), ['1 expired', '1 waiting'])
})

t.test('a set of a dead owner that the index refuses is ended by who takes it over, which is said once', async t => {
  const site = await open(t)
  const dying = site.instance({ requestTimeoutMs: 3000 })
  await send(dying, 'x86_64')
  const died = dying.gates.die('before', putOf('container'))
  abandoned(send(dying, 'arm64'))
  await died
  const taker = site.instance({ takeoverMs: 0 })
  await t.rejects(taker.takeOver(), REFUSAL)
  t.same(await site.states(), ['1 expired'])
  await taker.takeOver()
})

for (const lands of [true, false]) {
  t.test(`a set that the index refuses has ended when that is told, if the answer is lost of a write that ${lands ? 'lands' : 'never lands'}`, async t => {
    const site = await open(t)
    const instance = site.instance()
    await send(instance, 'x86_64')
    instance.gates.lose(putOf('sets'), { lands, skip: 1 })
    await t.rejects(send(instance, 'arm64'), REFUSAL)
    t.same(await site.states(), ['1 expired'])
  })
}

t.test('a set of which a write has no known outcome is not said to be refused: a takeover finds out', async t => {
  const site = await open(t)
  const instance = site.instance({ requestTimeoutMs: 1000 })
  await instance.add('old')
  await send(instance, 'x86_64')
  instance.gates.lose(putOf('container'), { lands: false })
  await t.rejects(send(instance, 'arm64'), { code: 'OUTCOME_UNKNOWN' })
  t.same(await site.states(), ['1 complete'])
  await t.rejects(site.instance({ takeoverMs: 0 }).takeOver(), REFUSAL)
  t.same([await site.shown(), await site.states()], [{ amd64: 'old' }, ['1 expired']])
})

t.test('the last image of a set that was refused begins a new one where a later write of the first has no known outcome', async t => {
  const site = await open(t)
  const instance = site.instance()
  await instance.add('old')
  await send(instance, 'x86_64')
  const completed = instance.gates.hold(putOf('container'))
  const last = send(instance, 'arm64')
  await completed.reached
  const closing = instance.gates.delay(putOf('sets'))
  instance.gates.lose(putOf('container'), { lands: false })
  const third = instance.gates.hold(readOf('sets'), { skip: 1 })
  completed.open()
  await third.reached
  t.match(await closing.land(), { outcome: 'written' })
  third.open()
  t.match(await last, { outcome: 'waiting' }, 'its tarball must be kept')
  t.same(await site.states(), ['1 expired', '1 waiting'])
})

t.test('beside a change that the index refuses, who waits for a set of somebody else keeps nobody waiting', async t => {
  const site = await open(t)
  const [owner, other] = [site.instance(), site.instance()]
  await send(owner, 'x86_64', '1', '2024-01-01')
  const gate = owner.gates.hold(putOf('container'))
  const last = send(owner, 'arm64', '1', '2024-01-01')
  await gate.reached
  const [refused, waits, plain] = await other.inOneBatch(() => [
    other.merge({ version: 'develop', architecture: 's390x', url: 's' }),
    send(other, 'arm64', '1', '2024-01-01'),
    other.merge({ version: '2024-01-01', architecture: 'ppc64le', url: 'p' })
  ])
  await t.rejects(refused!, REFUSAL)
  t.match(await plain, { outcome: 'created' })
  t.same(await site.shown(), { ppc64le: 'p' }, 'and the owner has not even published')
  gate.open()
  t.match(await Promise.all([last, waits]), [{ outcome: 'published' }, { outcome: 'unchanged' }])
  t.same(await site.states(), ['1 published'])
})
