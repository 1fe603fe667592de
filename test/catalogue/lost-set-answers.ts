import type { Test } from 'tap'
import { openAt } from './doomed-instance.js'
import { putOf } from './gated-index.js'
import { NAME, SetInstances } from './set-instances.js'
import type { OpenAddress } from './sets-crashes.js'

const PUBLISHED = { amd64: '1-x', arm64: '1-a', build: '1' }

/** Each write of a set with its answer lost, whether or not it was made. */
export function lostSetAnswers (t: Test, openAddress: OpenAddress): void {
  const open = async (t: Test) => {
    const index = await openAt(await openAddress(t))
    t.teardown(() => index.close())
    const site = new SetInstances(index)
    return { site, instance: site.instance() }
  }

  for (const lands of [true, false]) {
    const fate = lands ? 'lands' : 'never lands'

    t.test(`a join of unknown outcome that ${fate} is there once`, async t => {
      const { site, instance } = await open(t)
      instance.gates.lose(putOf('sets'), { lands })
      t.match(await instance.amd64('1'), { outcome: 'waiting', kept: { length: 0 } })
      t.match(await site.sets(), [{ state: 'waiting', images: [{ url: '1-x' }] }])
      t.equal((await site.sets()).length, 1)
    })

    t.test(`a completion of unknown outcome that ${fate} is published by its owner`, async t => {
      const { site, instance } = await open(t)
      await instance.amd64('1')
      instance.gates.lose(putOf('sets'), { lands })
      t.match(await instance.arm64('1'), { outcome: 'published', kept: { length: 0 } })
      t.same([await site.shown(), await site.states()], [PUBLISHED, ['1 published']])
    })

    t.test(`a publication over a registration whose outcome is unknown and that ${fate} is made again`, async t => {
      const { site, instance } = await open(t)
      await instance.add('old')
      await instance.amd64('1')
      instance.gates.lose(putOf('container'), { lands })
      const answer = await instance.arm64('1')
      t.match(answer, { outcome: 'published', document: (await site.document())!.json })
      t.same([await site.shown(), await site.states()], [PUBLISHED, ['1 published']])
    })

    t.test(`a publication over nothing whose outcome is unknown and that ${fate} is not: it is left to a takeover`, async t => {
      const { site, instance } = await open(t)
      await instance.amd64('1')
      instance.gates.lose(putOf('container'), { lands })
      await t.rejects(instance.arm64('1'), { code: 'OUTCOME_UNKNOWN' })
      t.equal(instance.gates.calls.filter(putOf('container')).length, 1)
      t.same([await site.shown(), await site.states()], [lands ? PUBLISHED : undefined, ['1 complete']])
      await site.instance({ takeoverMs: 0 }).takeOver()
      t.same([await site.shown(), await site.states()], [PUBLISHED, ['1 published']])
    })

    t.test(`a closing of unknown outcome that ${fate} is made sure of, and the answer is certain`, async t => {
      const { site, instance } = await open(t)
      await instance.amd64('1')
      instance.gates.lose(putOf('sets'), { lands, skip: 1 })
      t.match(await instance.arm64('1'), { outcome: 'published' })
      t.same([await site.shown(), await site.states()], [PUBLISHED, ['1 published']])
    })

    t.test(`a claim of unknown outcome that ${fate} is not used`, async t => {
      const { site, instance } = await open(t)
      await instance.amd64('1')
      instance.gates.lose(putOf('container'), { lands: false })
      await t.rejects(instance.arm64('1'), { code: 'OUTCOME_UNKNOWN' })
      const taker = site.instance({ takeoverMs: 0 })
      await taker.settle()
      const firstOwner = (await site.sets())[0]!.owner
      taker.gates.lose(putOf('sets'), { lands })
      const published = taker.gates.hold(putOf('container'))
      const claim = taker.settle()
      await Promise.race([claim, published.reached])
      const claims = taker.gates.calls.filter(putOf('sets')).length
      if (lands) {
        t.equal(claims, 1)
        t.not((await site.sets())[0]!.owner, firstOwner)
        t.same(taker.gates.calls.filter(putOf('container')), [], 'it waits for itself as for anybody else')
      } else {
        t.equal(claims, 2, 'it claims again')
      }
      published.open()
      await claim
      await taker.settle()
      t.same([await site.shown(), await site.states()], [PUBLISHED, ['1 published']])
    })

    t.test(`a direct build's place of unknown outcome that ${fate} is one place`, async t => {
      const { site, instance } = await open(t)
      instance.gates.lose(putOf('sets'), { lands })
      t.match(await instance.direct('1'), { outcome: 'created' })
      t.same([await site.shown(), await site.states()], [{ amd64: '1-direct', build: '1' }, ['1 direct']])
      instance.gates.lose(putOf('sets'), { lands })
      await instance.add('added', '2')
      t.same([await site.shown(), await site.states()], [{ amd64: 'added', build: '2' }, ['1 direct', '2 direct']])
      t.equal((await site.document())!.set, (await site.sets())[1]!.id)
    })

    t.test(`an end of unknown outcome that ${fate}, by expiry or by hand, is one`, async t => {
      const { site, instance } = await open(t)
      await instance.amd64('1')
      instance.gates.lose(putOf('sets'), { lands })
      await instance.expire()
      t.same(await site.states(), ['1 expired'])
      await instance.amd64('2')
      instance.gates.lose(putOf('sets'), { lands })
      t.match(await instance.catalogue.abandon(NAME, { build: '2' }), { build: '2', state: 'waiting', missing: ['arm64'] })
      t.same(await site.states(), ['1 expired', '2 expired'])
    })

    t.test(`what a remove closes with unknown outcome, and that ${fate}, is closed before it removes`, async t => {
      const { site, instance } = await open(t)
      await instance.amd64('1')
      instance.gates.lose(putOf('container'), { lands: true })
      await t.rejects(instance.arm64('1'), { code: 'OUTCOME_UNKNOWN' })
      instance.gates.lose(putOf('sets'), { lands })
      t.equal(await instance.remove(), true)
      t.same([await site.shown(), await site.states()], [undefined, ['1 published']])
      await site.instance({ takeoverMs: 0 }).takeOver()
      t.equal(await site.shown(), undefined)
    })
  }
}
