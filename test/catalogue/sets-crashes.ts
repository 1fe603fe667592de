import type { Test } from 'tap'
import { LeporelloError } from '../../src/errors.js'
import { killedAt, openAt, type Address, type Point, type WORK } from './doomed-instance.js'
import { NAME, SetInstances, type InstanceOptions } from './set-instances.js'

/** Of whoever takes over from the killed; as in every configuration one is at least six times the other. */
export interface Patience extends InstanceOptions {
  readonly requestTimeoutMs: number
  readonly takeoverMs: number
}

export type OpenAddress = (t: Test) => Promise<Address>

const [AFTER_P, BEFORE_C, AFTER_C] = [
  { when: 'after', method: 'put', kind: 'sets' },
  { when: 'before', method: 'put', kind: 'container' },
  { when: 'after', method: 'put', kind: 'container' }
] as const satisfies readonly Point[]

const OLD = { amd64: 'old' }

const PUBLISHED = { amd64: '1-x', arm64: '1-a', build: '1' }

/** What stands between a registration and its sets after a kill -9 at each of their writes, and who finishes it. */
export function setCrashContract (t: Test, openAddress: OpenAddress, patience: Patience): void {
  const open = async (t: Test) => {
    const address = await openAddress(t)
    const index = await openAt(address)
    t.teardown(() => index.close())
    const site = new SetInstances(index)
    return {
      site,
      async kill (work: keyof typeof WORK, point: Point) {
        t.equal(await killedAt(address, work, point), 'SIGKILL')
      },
      /** Everything before the last image of build 1, over a registration or none. */
      async halfWay ({ over }: { readonly over: 'nothing' | 'old' }) {
        if (over === 'old') await site.instance().add('old')
        await site.instance().amd64('1')
      },
      async takenOver () {
        const other = site.instance(patience)
        const settle = async () => {
          await other.settle().catch(error => { if (!(error instanceof LeporelloError)) throw error }) // it is tried again
        }
        await settle()
        t.match(await site.states(), [/^1 complete/], 'not at first sight')
        while ((await site.sets()).some(({ state }) => state === 'complete')) await settle()
      }
    }
  }

  t.test('P joined, not complete: it waits, and the next architecture completes it', async t => {
    const { site, kill } = await open(t)
    await site.instance().add('old')
    await kill('amd64', AFTER_P)
    t.same([await site.shown(), await site.states()], [OLD, ['1 waiting']])
    t.match(await site.instance().arm64('1'), { outcome: 'published' })
    t.same([await site.shown(), await site.states()], [PUBLISHED, ['1 published']])
  })

  t.test('P joined, not complete: or it expires, and a late architecture begins anew', async t => {
    const { site, kill } = await open(t)
    await kill('amd64', AFTER_P)
    await site.instance().settle()
    t.same(await site.states(), ['1 waiting'])
    await site.instance().expire()
    t.same(await site.states(), ['1 expired'])
    t.same((await site.sets())[0]!.images, [])
    t.match(await site.instance().arm64('1'), { outcome: 'waiting' })
    t.match(await site.instance().catalogue.pending(NAME), [{ build: '1', missing: ['amd64'], images: [{ architecture: 'arm64' }] }])
    t.same([await site.shown(), await site.states()], [undefined, ['1 expired', '1 waiting']])
  })

  for (const over of ['nothing', 'old'] as const) {
    for (const [what, point] of [['P complete', AFTER_P], ['P complete and C read', BEFORE_C]] as const) {
      t.test(`${what}, over ${over}: that stands until a takeover publishes the set`, async t => {
        const { site, kill, halfWay, takenOver } = await open(t)
        await halfWay({ over })
        await kill('arm64', point)
        t.same([await site.shown(), await site.states()], [over === 'old' ? OLD : undefined, ['1 complete']])
        await takenOver()
        t.same([await site.shown(), await site.states()], [PUBLISHED, ['1 published']])
      })
    }

    t.test(`C written, over ${over}: it is shown, and a takeover only closes the set`, async t => {
      const { site, kill, halfWay, takenOver } = await open(t)
      await halfWay({ over })
      await kill('arm64', AFTER_C)
      t.same([await site.shown(), await site.states()], [PUBLISHED, ['1 complete']])
      const before = await site.document()
      await takenOver()
      t.same(await site.states(), ['1 published'])
      t.equal((await site.document())!.json, before!.json)
    })
  }

  t.test('C written, then a plain add: a takeover closes the set, and the add stands', async t => {
    const { site, kill, halfWay, takenOver } = await open(t)
    await halfWay({ over: 'nothing' })
    await kill('arm64', AFTER_C)
    await site.instance().add('added')
    await takenOver()
    t.same([await site.shown(), await site.states()], [{ amd64: 'added' }, ['1 published']])
  })

  t.test('C written, then a remove: it closes the set itself, and the name stays removed', async t => {
    const { site, kill, halfWay } = await open(t)
    await halfWay({ over: 'nothing' })
    await kill('arm64', AFTER_C)
    t.equal(await site.instance().remove(), true)
    t.same([await site.shown(), await site.states()], [undefined, ['1 published']])
    await site.instance({ takeoverMs: 0 }).takeOver()
    t.equal(await site.shown(), undefined)
  })

  t.test('C written, then the same image again: it is there, and nobody waits for a takeover', async t => {
    const { site, kill, halfWay } = await open(t)
    await halfWay({ over: 'nothing' })
    await kill('arm64', AFTER_C)
    t.match(await site.instance().arm64('1'), { outcome: 'unchanged' })
    t.same(await site.shown(), PUBLISHED)
  })

  t.test('P complete, then a remove: it takes what is registered, and the set appears whole later', async t => {
    const { site, kill, halfWay, takenOver } = await open(t)
    await halfWay({ over: 'old' })
    await kill('arm64', AFTER_P)
    t.equal(await site.instance().remove(), true)
    t.same([await site.shown(), await site.states()], [undefined, ['1 complete']])
    await takenOver()
    t.same([await site.shown(), await site.states()], [PUBLISHED, ['1 published']])
  })

  t.test('P closed: nothing is left to do', async t => {
    const { site, kill, halfWay } = await open(t)
    await halfWay({ over: 'nothing' })
    await kill('arm64', { ...AFTER_P, skip: 1 })
    t.same([await site.shown(), await site.states()], [PUBLISHED, ['1 published']])
  })

  t.test('P not written: nothing stands, and the retry does all', async t => {
    const { site, kill, halfWay } = await open(t)
    await halfWay({ over: 'nothing' })
    await kill('arm64', { ...AFTER_P, when: 'before' })
    t.same([await site.shown(), await site.states()], [undefined, ['1 waiting']])
    t.match(await site.instance().arm64('1'), { outcome: 'published' })
    t.same([await site.shown(), await site.states()], [PUBLISHED, ['1 published']])
  })

  t.test('P entry direct, C not written: the old C stands, and the retry writes', async t => {
    const { site, kill } = await open(t)
    await site.instance().add('old')
    await kill('directBuild2', AFTER_P)
    t.same([await site.shown(), await site.states()], [OLD, ['2 direct']])
    await site.instance({ takeoverMs: 0 }).takeOver()
    t.same(await site.shown(), OLD, 'nobody else does')
    t.match(await site.instance().direct('2'), { outcome: 'changed' })
    t.same([await site.shown(), await site.states()], [{ amd64: '2-direct', build: '2' }, ['2 direct']])
  })

  t.test('P entry of an add with a build, C not written: the old C stands, and the retry is the last build', async t => {
    const { site, kill } = await open(t)
    await site.instance().direct('3')
    await kill('addBuild2', AFTER_P)
    t.same([await site.shown(), await site.states()], [{ amd64: '3-direct', build: '3' }, ['3 direct', '2 direct']])
    await site.instance().add('2-added', '2')
    t.same(await site.shown(), { amd64: '2-added', build: '2' })
    t.equal((await site.document())!.set, (await site.sets()).at(-1)!.id)
    await t.rejects(site.instance().direct('3', 'arm64'), { code: 'SUPERSEDED' })
  })

  t.test('a takeover killed between its claim and C: the next one begins to wait again, and publishes', async t => {
    const { site, kill, halfWay, takenOver } = await open(t)
    await halfWay({ over: 'nothing' })
    await kill('arm64', AFTER_P)
    const owner = (await site.sets())[0]!.owner
    await kill('takeOver', AFTER_P)
    t.not((await site.sets())[0]!.owner, owner)
    t.same([await site.shown(), await site.states()], [undefined, ['1 complete']])
    await takenOver()
    t.same([await site.shown(), await site.states()], [PUBLISHED, ['1 published']])
  })

  t.test('a remove killed between P and C: the name is there, nobody publishes again, and the next remove ends it', async t => {
    const { site, kill, halfWay } = await open(t)
    await halfWay({ over: 'nothing' })
    await kill('arm64', AFTER_C)
    await kill('remove', AFTER_P)
    t.same([await site.shown(), await site.states()], [PUBLISHED, ['1 published']])
    t.equal(await site.instance().remove(), true)
    await site.instance({ takeoverMs: 0 }).takeOver()
    t.equal(await site.shown(), undefined)
  })
}
