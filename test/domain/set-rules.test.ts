import t from 'tap'
import { parseArchitecture } from '../../src/domain/architecture.js'
import { parseBuildOfImages } from '../../src/domain/build.js'
import { ContainerDocument } from '../../src/domain/container-document.js'
import { parseContainerMerge } from '../../src/domain/container-merge.js'
import { parseContainer } from '../../src/domain/container.js'
import { ContainerSets } from '../../src/domain/container-sets.js'
import type { ImageRecord } from '../../src/domain/image-record.js'
import {
  addedBuild, mergeStep, needsSets, publishedDocument, setsBeforeRemoval, verdictOn,
  type MergeStep, type SetMerge, type Standing
} from '../../src/domain/set-rules.js'

const AT = new Date(1_000_000)
const BOTH = 'x86_64,arm64'

interface Sent {
  readonly build?: string
  readonly expect?: string
  readonly version?: string
  readonly architecture?: string
  readonly url?: string
  readonly sha256?: string
}

function sent ({ build, expect, version = '1', architecture = 'x86_64', url = 'u', sha256 }: Sent): SetMerge {
  const merge = parseContainerMerge({ name: 'c:1', version, digest: undefined, urls: undefined, architecture, url })
  const name = parseArchitecture(architecture)
  const proved: ImageRecord = { architecture: name, file: url, digests: [], version, verified: true, ...sha256 && { sha256, size: 1 } }
  return { ...merge, ...parseBuildOfImages(build || undefined, expect || undefined), ...sha256 && { images: [proved] } }
}

const NOTHING: Standing = { document: undefined, sets: ContainerSets.parse('c:1', undefined) }

let ids = 0

const making = (owner = 'me', newId = `id-${++ids}`) => ({ at: AT, by: 'ci', owner, newId })

/** What a merge leaves, its set published at once where it completes one. */
function after (standing: Standing, ...merges: readonly Sent[]): Standing {
  return merges.reduce((standing, each) => applied(standing, mergeStep(sent(each), standing, making())), standing)
}

function applied ({ document, sets }: Standing, made: MergeStep): Standing {
  switch (made.step) {
    case 'register': return { document: made.document, sets: made.sets ?? sets }
    case 'wait': return { document, sets: made.sets }
    case 'publish': return { document: publishedDocument('c:1', made.set, AT), sets: made.sets.close(made.set.id, 'published', AT) }
    case 'delay': return { document, sets }
  }
}

function added (standing: Standing, build?: string): Standing {
  const container = parseContainer({ name: 'c:1', version: '1', digest: 'd', url: 'added', urls: undefined })
  if (build === undefined) return { ...standing, document: ContainerDocument.added(container, standing.document, { at: AT, by: 'ops' }) }
  const sets = addedBuild(build, '1', standing.sets, making(), undefined)
  const document = ContainerDocument.added(container, standing.document, { at: AT, by: 'ops' }, { build, set: sets.sets.at(-1)!.id })
  return { document, sets }
}

const step = (standing: Standing, what: Sent, owner?: string) => mergeStep(sent(what), standing, making(owner))
const states = ({ sets }: Standing) => sets.sets.map(({ build, version, state }) => `${build ?? `v${version}`} ${state}`)
const urls = ({ document }: Standing) => Object.fromEntries(document!.urls.architectures.map(name => [name, document!.urls.get(name)]))

/** A complete set of build 1 in those hands, its registration not written yet. */
function complete (owner: string, before: Standing = NOTHING): Standing {
  const waiting = after(before, { build: '1', expect: BOTH, url: 'x' })
  const made = mergeStep(sent({ build: '1', expect: BOTH, architecture: 'arm64', url: 'a' }), waiting, making(owner))
  return { document: waiting.document, sets: (made as Extract<MergeStep, { step: 'publish' }>).sets }
}

t.test('no build, no expect: into C, the others and the build are kept, and the sets are not touched', async t => {
  t.notOk(needsSets(sent({})))
  const made = step(NOTHING, { url: 'x' })
  t.equal(made.step, 'register')
  t.notOk('sets' in made)
  const build1 = after(NOTHING, { build: '1', url: 'x' }, { build: '2', expect: BOTH, url: 'y' })
  const merged = after(build1, { architecture: 's390x', url: 's' })
  t.same(urls(merged), { amd64: 'x', s390x: 's' })
  t.match(merged.document, { build: '1', set: build1.document!.set })
  t.same(states(merged), ['1 direct', '2 waiting'])
})

t.test('build b where C.build is b: into C, and what it expects is met already', async t => {
  const shown = after(NOTHING, { build: '1', url: 'x' })
  for (const expect of ['', BOTH, 'x86_64,arm64,s390x']) {
    const made = step(shown, { build: '1', expect, architecture: 'arm64', url: 'a' })
    t.match(made, { step: 'register' })
    t.same(urls(applied(shown, made)), { amd64: 'x', arm64: 'a' })
    t.same(states(applied(shown, made)), ['1 direct'])
  }
  t.match(applied(shown, step(shown, { build: '1', architecture: 'arm64' })).document, { build: '1', set: shown.document!.set })
})

t.test('build b, known, where C stands at or after it and is another\'s: superseded, with the build that won', async t => {
  const two = after(NOTHING, { build: '1', url: 'x' }, { build: '2', version: '2', url: 'y' })
  for (const expect of ['', BOTH]) {
    t.throws(() => step(two, { build: '1', expect, architecture: 'arm64' }),
      { code: 'SUPERSEDED', message: /build "1" of c:1 is superseded: build "2"/, details: { id: 'c:1', build: '1', winner: '2', version: '2' } })
  }
  const setPassed = after(NOTHING, { build: '1', expect: BOTH }, { build: '2' })
  t.throws(() => step(setPassed, { build: '1', expect: BOTH, architecture: 'arm64' }), { code: 'SUPERSEDED' }, 'a set that waits as well')
  const over = added(after(NOTHING, { build: '1' }))
  t.throws(() => step(over, { build: '1' }), { code: 'SUPERSEDED', details: { winner: null } }, 'at it: a plain add came over it')
  const overLater = added(two)
  t.throws(() => step(overLater, { build: '1' }), { code: 'SUPERSEDED', details: { winner: '2' } }, 'a plain add over the later one')
})

t.test('a build that nobody has seen, and one that C has not reached, are not superseded', async t => {
  const two = after(NOTHING, { build: '1' }, { build: '2' })
  t.match(step(two, { build: '3' }), { step: 'register' })
  t.match(step({ ...two, document: undefined }, { build: '1' }), { step: 'register' }, 'after a remove all begin anew')
  const foreign = ContainerDocument.parse('{"id":"c:1","url":"f","version":"1","set":"unknown"}')
  t.match(step({ ...two, document: foreign }, { build: '1' }), { step: 'register' }, 'over a foreign document')
  const waiting = after(NOTHING, { build: '1' }, { build: '2', expect: BOTH })
  t.match(step(waiting, { build: '2', expect: BOTH, architecture: 'arm64' }), { step: 'publish' })
})

t.test('build b, no expect, no open set: C is this merge alone, and b has a place', async t => {
  const one = after(NOTHING, { build: '1', url: 'x' }, { build: '1', architecture: 'arm64', url: 'a' })
  const two = after(one, { build: '2', url: 'y' })
  t.same(urls(two), { amd64: 'y' })
  t.same(states(two), ['1 direct', '2 direct'])
  t.match(two.document, { build: '2', set: two.sets.sets[1]!.id })
  const again = step({ ...two, document: one.document }, { build: '2', url: 'y' })
  t.match(again, { step: 'register', document: { set: two.sets.sets[1]!.id } })
  t.notOk('sets' in again, 'it has its place already')
})

t.test('build b with expect joins set b, and never touches C', async t => {
  const old = added(NOTHING)
  const made = step(old, { build: '1', expect: BOTH, url: 'x' })
  t.match(made, { step: 'wait', set: { build: '1', state: 'waiting', expect: ['amd64', 'arm64'], images: [{ architecture: 'amd64', url: 'x', by: 'ci' }] } })
  t.notOk('owner' in (made as { set: object }).set)
  t.equal(applied(old, made).document, old.document)
})

t.test('build b without expect joins set b where that waits', async t => {
  const waiting = after(NOTHING, { build: '1', expect: 'x86_64,arm64,s390x', url: 'x' })
  t.match(step(waiting, { build: '1', architecture: 'arm64' }), { step: 'wait', set: { expect: ['amd64', 'arm64', 's390x'], images: { length: 2 } } })
  const whole = after(waiting, { build: '1', architecture: 'arm64', url: 'a' }, { build: '1', architecture: 's390x', url: 's' })
  t.same(urls(whole), { amd64: 'x', arm64: 'a', s390x: 's' })
})

t.test('what covers all that was ever expected completes the set, for this owner', async t => {
  const waiting = after(NOTHING, { build: '1', expect: 's390x', architecture: 'arm64' })
  t.same(states(waiting), ['1 waiting'])
  const more = step(waiting, { build: '1', expect: 'x86_64', architecture: 'x86_64' })
  t.match(more, { step: 'wait', set: { expect: ['amd64', 's390x'] } }, 'the union of what was sent, sorted')
  const made = step(applied(waiting, more), { build: '1', architecture: 's390x' }, 'the owner')
  t.match(made, { step: 'publish', set: { state: 'complete', owner: 'the owner' } })
  t.match(step(NOTHING, { build: '1', expect: 'x86_64' }), { step: 'publish' }, 'one alone can be the whole')
  t.match(step(NOTHING, { build: '1', expect: 'x86_64', architecture: 'arm64' }), { step: 'wait' })
})

t.test('another image for an architecture takes the place of the one that waits; the same one stays', async t => {
  const waiting = after(NOTHING, { build: '1', expect: BOTH, url: 'old', sha256: 'aa' })
  const image = (what: Sent) => (step(waiting, { build: '1', ...what }) as Extract<MergeStep, { step: 'wait' }>).set.images
  t.match(image({ url: 'new', sha256: 'bb' }), [{ url: 'new', record: { sha256: 'bb' } }])
  t.match(image({ url: 'new', sha256: 'aa' }), [{ url: 'old', record: { sha256: 'aa' } }], 'the checksum decides where both are known')
  t.match(image({ url: 'new' }), [{ url: 'new' }], 'the url, where they are not')
  t.match(image({ url: 'old' }), [{ url: 'old', record: { sha256: 'aa' } }], 'and what was proved stays')
  t.equal(image({ url: 'new', sha256: 'bb' }).length, 1)
})

t.test('a set that is complete: the owner\'s own images are in it, everybody else waits', async t => {
  const standing = complete('me')
  const [set] = standing.sets.sets
  t.match(step(standing, { build: '1', expect: BOTH, architecture: 'arm64', url: 'a' }, 'me'), { step: 'publish', set: { id: set!.id } })
  t.match(step(standing, { build: '1', expect: BOTH, architecture: 'arm64', url: 'other' }, 'me'), { step: 'delay', set: { id: set!.id } }, 'other bytes')
  t.match(step(standing, { build: '1', architecture: 's390x' }, 'me'), { step: 'delay' }, 'what it did not expect')
  t.match(step(standing, { build: '1', expect: BOTH, architecture: 'arm64', url: 'a' }, 'another'), { step: 'delay' })
})

t.test('one complete set a name: a second one waits, what completes none does not', async t => {
  const standing = after(complete('me'), { build: '2', expect: BOTH })
  t.match(step(standing, { build: '2', architecture: 'arm64' }, 'me'), { step: 'delay', set: { build: '1' } })
  t.match(step(standing, { build: '3', expect: BOTH }), { step: 'wait' })
  t.match(step(standing, { build: '3' }), { step: 'register' })
})

t.test('a build keeps its place: its new entry goes right after its old one', async t => {
  const standing = after(NOTHING, { build: '1' }, { build: '2' }, { build: '3' })
  const held = { ...standing, document: undefined }
  t.same(states(after(held, { build: '2', expect: BOTH })), ['1 direct', '2 direct', '2 waiting', '3 direct'])
  const waiting = after(NOTHING, { build: '1', expect: BOTH }, { build: '2', expect: BOTH })
  const over = { document: undefined, sets: waiting.sets.close(waiting.sets.sets[0]!.id, 'expired', AT) }
  t.same(states(after(over, { build: '1', architecture: 'arm64', expect: BOTH })), ['1 expired', '1 waiting', '2 waiting'])
})

t.test('within one build all are of one version, wherever it stands; another is refused with what was agreed', async t => {
  const refusal = { code: 'VERSION_MISMATCH', details: { id: 'c:1', build: '1', version: '1' } }
  const waiting = after(NOTHING, { build: '1', expect: BOTH })
  const cases: Record<string, Standing> = { waiting, direct: after(NOTHING, { build: '1' }), complete: complete('me'), shown: added(NOTHING, '1') }
  for (const [what, standing] of Object.entries(cases)) {
    t.throws(() => step(standing, { build: '1', version: '2', architecture: 'arm64' }), refusal, what)
  }
  const foreign = { ...NOTHING, document: ContainerDocument.parse('{"id":"c:1","url":"f","version":"1","build":"1"}') }
  t.throws(() => step(foreign, { build: '1', version: '2' }), refusal, 'a registration whose build has no place')
  const expired = { ...NOTHING, sets: waiting.sets.close(waiting.sets.sets[0]!.id, 'expired', AT) }
  t.match(step(expired, { build: '1', version: '2', expect: BOTH }), { step: 'wait' }, 'nobody ever saw what expired')
})

t.test('without a build the version is what belongs together, and a closed set of it refuses nothing', async t => {
  const shown = after(NOTHING, { expect: BOTH, url: 'x' }, { expect: BOTH, architecture: 'arm64', url: 'a' })
  t.same(urls(shown), { amd64: 'x', arm64: 'a' })
  t.equal(shown.document!.build, undefined)
  t.equal(shown.document!.set, shown.sets.sets[0]!.id)
  t.same(states(after(shown, { expect: BOTH, version: '2' })), ['v1 published', 'v2 waiting'], 'another version is another set')
  const same = step(shown, { expect: BOTH, url: 'x' })
  t.match(same, { step: 'register' })
  t.equal(applied(shown, same).document, shown.document, 'the same image of the set that is shown is a no-op')
  t.same(states(applied(shown, same)), ['v1 published'])
  const again = after(shown, { expect: BOTH, url: 'new' })
  t.same(states(again), ['v1 published', 'v1 waiting'], 'another image begins a new set, at the end')
  t.same(states(after(added(shown), { expect: BOTH, url: 'x' })), ['v1 published', 'v1 waiting'], 'and so does any that is not shown')
})

t.test('a build that is named as a version is another set', async t => {
  const standing = after(NOTHING, { expect: BOTH }, { build: '1', expect: BOTH }, { build: 'version:1', expect: BOTH })
  t.same(states(standing), ['v1 waiting', '1 waiting', 'version:1 waiting'])
})

t.test('A4: an add of a build takes a new place at the end, and takes it once', async t => {
  const standing = after(NOTHING, { build: '1' }, { build: '2' })
  const back = added(standing, '1')
  t.same(states(back), ['1 direct', '2 direct', '1 direct'])
  t.match(back.document, { build: '1', set: back.sets.sets[2]!.id })
  t.throws(() => step(back, { build: '2' }), { code: 'SUPERSEDED', details: { winner: '1' } })
  t.match(step(back, { build: '1', architecture: 'arm64' }), { step: 'register' })
  const first = addedBuild('3', '1', standing.sets, making(), undefined)
  t.equal(addedBuild('3', '1', first, making(), first.sets.at(-1)!.id), first, 'its place is at the end already')
  const later = after({ document: undefined, sets: first }, { build: '4' }).sets
  t.equal(addedBuild('3', '1', later, making(), first.sets.at(-1)!.id).sets.at(-1)!.build, '3', 'somebody came after it')
})

t.test('A5: a plain add keeps the set that C has reached and takes the build away; what waits stays', async t => {
  const standing = after(NOTHING, { build: '1' }, { build: '2', expect: BOTH })
  const over = added(standing)
  t.match(over.document, { build: undefined, set: standing.document!.set })
  t.same(states(over), ['1 direct', '2 waiting'])
  t.same(urls(after(over, { build: '2', architecture: 'arm64', url: 'a' })), { amd64: 'u', arm64: 'a' }, 'and replaces it when it is complete')
})

t.test('A6: a remove closes the complete set that C has reached or passed, and no other', async t => {
  const standing = complete('me', after(NOTHING, { build: '0' }))
  const { sets } = standing
  const set = sets.complete!
  const closing = (document: ContainerDocument, of = sets) => setsBeforeRemoval(document, of, AT)?.sets.map(({ build, state }) => `${build} ${state}`)
  t.equal(closing(standing.document!), undefined, 'C stands before it')
  t.same(closing(publishedDocument('c:1', set, AT)), ['0 direct', '1 published'])
  const passed = after(standing, { build: '2' })
  t.same(closing(passed.document!, passed.sets), ['0 direct', '1 superseded', '2 direct'])
  t.equal(closing(ContainerDocument.parse('{"id":"c:1","set":"foreign"}')), undefined)
  t.equal(closing(ContainerDocument.parse('{"id":"c:1"}')), undefined)
  const waiting = after(NOTHING, { build: '1', expect: BOTH }, { build: '2' })
  t.equal(closing(waiting.document!, waiting.sets), undefined, 'what waits stays')
})

t.test('B2c: C tells what a complete set has come to', async t => {
  const standing = complete('me', after(NOTHING, { build: '0' }))
  const set = standing.sets.complete!
  const verdict = (document: ContainerDocument | undefined, sets = standing.sets) => verdictOn(set, { document, sets })
  t.equal(verdict(undefined), undefined)
  t.equal(verdict(standing.document), undefined, 'C stands before it')
  t.equal(verdict(ContainerDocument.parse('{"id":"c:1","set":"foreign"}')), undefined)
  t.equal(verdict(publishedDocument('c:1', set, AT)), 'published')
  t.equal(verdict(added({ ...standing, document: publishedDocument('c:1', set, AT) }).document), 'published', 'whatever came over it')
  const passed = after(standing, { build: '2' })
  t.equal(verdict(passed.document, passed.sets), 'superseded')
})

t.test('every step is the same when it is taken again on what it left', async t => {
  const old = after(NOTHING, { build: '0' })
  const standings: Standing[] = [NOTHING, old, added(old), after(old, { build: '1', expect: BOTH }), after(old, { build: '1' }),
    after(old, { expect: BOTH }), after(old, { build: '1', expect: BOTH }, { build: '2', expect: BOTH }), complete('me', old), complete('another', old)]
  const merges: Sent[] = ['', '1', '2'].flatMap(build => ['', BOTH, 'x86_64'].flatMap(expect => ['x86_64', 'arm64'].map(architecture =>
    ({ ...build && { build }, expect, architecture, url: `${build}-${architecture}` }))))
  for (const standing of standings) {
    for (const each of merges) {
      const stored = (before: Standing): Standing => {
        const made = step(before, each, 'me')
        const sets = 'sets' in made && made.sets !== undefined ? made.sets : before.sets
        return { document: made.step === 'register' ? made.document : before.document, sets }
      }
      const once = stored(standing)
      const twice = stored(once)
      t.equal(twice.document?.json, once.document?.json, JSON.stringify([states(standing), each]))
      t.equal(twice.sets.json, once.sets.json, JSON.stringify([states(standing), each]))
    }
  }
})
