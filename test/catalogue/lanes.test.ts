import { setImmediate as nextTurn } from 'node:timers/promises'
import t from 'tap'
import { Catalogue } from '../../src/catalogue/catalogue.js'
import { ContainerChanges } from '../../src/catalogue/container-changes.js'
import { Deadline } from '../../src/deadline.js'
import { parseArchitecture } from '../../src/domain/architecture.js'
import { parseContainerMerge } from '../../src/domain/container-merge.js'
import { parseContainer } from '../../src/domain/container.js'
import { entityTagOf } from '../../src/domain/entity-tag.js'
import { Precondition } from '../../src/domain/precondition.js'
import { RegisteredUrls } from '../../src/domain/registered-urls.js'
import { LeporelloError } from '../../src/errors.js'
import { lostAnswer, lostRequest, ScriptedIndex, type Interference } from './scripted-index.js'
import { NO_IMAGES } from '../no-images.js'

const ARM64 = parseArchitecture('arm64')

function open ({ requestTimeoutMs = 2000 } = {}) {
  const index = new ScriptedIndex()
  const catalogue = new Catalogue({ index, images: NO_IMAGES, requestTimeoutMs })
  const merge = (architecture: string, url: string, precondition?: Precondition) => catalogue.merge(parseContainerMerge({
    name: 'c:1', version: '1', digest: undefined, urls: undefined, architecture, url
  }), 'ci', precondition)
  const urls = () => {
    const stored = index.stored.get('c:1')
    const found = RegisteredUrls.of(stored === undefined ? {} : JSON.parse(stored.json))
    return Object.fromEntries(found.architectures.map(name => [name, found.get(name)]))
  }
  return { index, catalogue, merge, urls }
}

const matching = (tag: string) => Precondition.of({ 'if-match': `"${tag}"` })

t.test('a thousand merges at once are a few writes, and each has its answer', async t => {
  const { index, merge, urls } = open()
  const names = ['amd64', 'arm64', 's390x', 'ppc64le']
  const answers = await Promise.all(Array.from({ length: 1000 }, (_, n) => merge(names[n % 4]!, `u${n}`)))
  t.ok(index.writes <= 3, `${index.writes} writes`)
  t.same(urls(), { amd64: 'u996', arm64: 'u997', s390x: 'u998', ppc64le: 'u999' }, 'in order of arrival')
  t.equal(answers.filter(({ outcome }) => outcome === 'created').length, 1)
  for (const [n, { document, tag }] of answers.entries()) {
    t.ok(document.includes(`"u${n}`) || document.includes(`\\"u${n}\\"`), `${n} is in its own answer`)
    if (n % 100 === 0) t.equal(tag, entityTagOf(document))
  }
})

t.test('each in a batch has a verdict of its own, on what those before it left', async t => {
  const { catalogue, merge, urls } = open()
  const first = await merge('amd64', 'x')
  const answers = await Promise.allSettled([
    merge('arm64', 'a', matching(first.tag)),
    merge('s390x', 's', matching(first.tag)),
    catalogue.detach('c:1', ARM64, 'ci'),
    catalogue.detach('c:1', ARM64, 'ci'),
    catalogue.detach('c:1', parseArchitecture('amd64'), 'ci'),
    catalogue.remove('container', 'c:1'),
    catalogue.remove('container', 'c:1'),
    merge('arm64', 'b', Precondition.of({ 'if-none-match': '*' }))
  ])
  t.match(answers, [
    { value: { outcome: 'changed' } },
    { reason: { code: 'PRECONDITION_FAILED' } },
    { status: 'fulfilled' },
    { reason: { code: 'ARCHITECTURE_MISSING' } },
    { reason: { code: 'LAST_ARCHITECTURE' } },
    { value: true },
    { value: false },
    { value: { outcome: 'created' } }
  ])
  t.same(urls(), { arm64: 'b' })
})

t.test('what is there already is written again before it is acknowledged', async t => {
  const { index, merge } = open()
  await merge('arm64', 'a')
  const before = index.stored.get('c:1')!
  const { outcome, kept } = await merge('aarch64', 'a')
  t.match({ outcome, kept }, { outcome: 'unchanged', kept: { length: 0 } })
  const after = index.stored.get('c:1')!
  t.equal(after.json, before.json)
  t.not(after.version, before.version)
})

t.test('what is refused writes nothing', async t => {
  const { index, catalogue, merge } = open()
  await t.rejects(merge('arm64', 'a', matching('x')), { code: 'PRECONDITION_FAILED' })
  await t.rejects(catalogue.detach('c:1', ARM64, 'ci'), { code: 'CONTAINER_UNKNOWN' })
  t.equal(await catalogue.remove('container', 'c:1', matching('x')), false, 'what is not there is a 404 whatever If-Match says')
  t.equal(index.writes, 0)
})

t.test('a conflict is judged again, with whoever waits by then', async t => {
  const { index, merge, urls } = open()
  let second: Promise<unknown> | undefined
  index.interferences.push(write => {
    index.store('c:1', '{"id":"c:1","url":"x"}')
    second = merge('s390x', 's')
    return write()
  })
  await merge('arm64', 'a')
  await second
  t.same(urls(), { amd64: 'x', arm64: 'a', s390x: 's' })
  t.equal(index.writes, 2)
})

t.test('after a conflict If-Match is compared with what stands then', async t => {
  const { index, merge } = open()
  const { tag } = await merge('amd64', 'x')
  index.interferences.push(write => {
    index.store('c:1', '{"id":"c:1"}')
    return write()
  })
  await t.rejects(merge('arm64', 'a', matching(tag)), { code: 'PRECONDITION_FAILED' })
})

const UNKNOWN: Record<string, readonly Interference[]> = {
  'that was applied': [lostAnswer], 'that was not': [lostRequest], 'twice applied': [lostAnswer, lostAnswer], 'twice lost': [lostRequest, lostRequest]
}

for (const [what, interferences] of Object.entries(UNKNOWN)) {
  t.test(`a write of unknown outcome ${what} is found out, If-Match or not`, async t => {
    const { index, catalogue, merge, urls } = open()
    const { tag } = await merge('amd64', 'x')
    index.interferences.push(...interferences)
    const answers = await Promise.all([merge('arm64', 'a', matching(tag)), merge('s390x', 's')])
    t.match(answers, [{ outcome: 'changed' }, { outcome: 'changed' }])
    t.same(urls(), { amd64: 'x', arm64: 'a', s390x: 's' })
    index.interferences.push(...interferences)
    await catalogue.detach('c:1', ARM64, 'ci', matching(answers[1].tag))
    t.same(urls(), { amd64: 'x', s390x: 's' })
    index.interferences.push(...interferences)
    t.equal(await catalogue.remove('container', 'c:1'), true)
    index.interferences.push(...interferences)
    t.match(await merge('arm64', 'a', Precondition.of({ 'if-none-match': '*' })), { outcome: 'created' })
  })
}

t.test('after an unknown and another\'s write If-Match is neither guessed to have failed nor held', async t => {
  const { index, merge } = open()
  const { tag } = await merge('amd64', 'x')
  index.interferences.push(write => {
    const outcome = lostAnswer(write)
    index.store('c:1', '{"id":"c:1","url":"other"}')
    return outcome
  })
  await t.rejects(merge('arm64', 'a', matching(tag)), { code: 'OUTCOME_UNKNOWN' })
})

t.test('each request leaves at its own deadline', async t => {
  const { index, merge } = open({ requestTimeoutMs: 30 })
  index.interferences.push(...Array.from({ length: 1000 }, () => () => ({ outcome: 'conflict' as const })))
  await t.rejects(merge('arm64', 'a'), { code: 'NOT_APPLIED' })
  index.interferences.splice(0)
  index.interferences.push(...Array.from({ length: 1000 }, () => lostRequest))
  await t.rejects(merge('arm64', 'a'), { code: 'OUTCOME_UNKNOWN' })
  index.interferences.splice(0)
  t.match(await merge('arm64', 'a'), { outcome: 'created' })
})

t.test('who left at its deadline while the document was read is not applied with those who stayed', async t => {
  const index = new ScriptedIndex()
  const held: Array<() => void> = []
  const nextRead = async () => {
    while (held.length === 0) await nextTurn()
    held.shift()!()
  }
  const get = index.get.bind(index)
  index.get = async (...read) => {
    await new Promise<void>(resolve => { held.push(resolve) })
    return await get(...read)
  }
  let deadline = Deadline.in(5000)
  const changes = new ContainerChanges({ index, requestTimeoutMs: 5000, takeoverMs: 30_000, deadline: () => deadline, now: () => new Date() })
  const merge = (architecture: string) => changes.merge(parseContainerMerge({
    name: 'c:1', version: '1', digest: undefined, urls: undefined, architecture, url: architecture
  }), 'ci', Precondition.none)
  const first = merge('amd64')
  const patient = merge('s390x')
  deadline = Deadline.in(50)
  const hurried = merge('arm64')
  await nextRead()
  await first
  await t.rejects(hurried, { code: 'INDEX_UNAVAILABLE' })
  await nextRead()
  await patient
  t.same(RegisteredUrls.of(JSON.parse(index.stored.get('c:1')!.json)).architectures, ['amd64', 's390x'])
})

t.test('what the index refuses of all together is refused of the one that is to blame', async t => {
  const { index, merge, urls } = open()
  index.refuse = json => json.includes('poison') ? new LeporelloError('DOCUMENT_REFUSED', 'no') : undefined
  const answers = await Promise.allSettled(['amd64', 's390x', 'arm64'].map(name => merge(name, name === 's390x' ? 'poison' : name)))
  t.match(answers, [{ status: 'fulfilled' }, { reason: { code: 'DOCUMENT_REFUSED' } }, { status: 'fulfilled' }])
  t.same(urls(), { amd64: 'amd64', arm64: 'arm64' })
})

t.test('an index that fails fails all that wait, and nobody after them', async t => {
  const { index, merge } = open()
  index.beforeRead = () => { throw new LeporelloError('INDEX_UNAVAILABLE', 'down') }
  await t.rejects(Promise.all([merge('amd64', 'x'), merge('arm64', 'a')]), { code: 'INDEX_UNAVAILABLE' })
  t.ok(await merge('arm64', 'a'))
})

t.test('a lane is bounded', async t => {
  const { merge } = open()
  const answers = await Promise.allSettled(Array.from({ length: 10_100 }, (_, n) => merge('arm64', `u${n % 3}`)))
  const refused = answers.filter(({ status }) => status === 'rejected')
  t.ok(refused.length > 50 && refused.length <= 100, `${refused.length} refused`)
  t.match(refused[0], { reason: { code: 'NOT_APPLIED', retryAfterSeconds: 1 } })
})

t.test('adds go through the lane as well', async t => {
  const { index, catalogue, merge, urls } = open()
  const container = parseContainer({ name: 'c:1', version: '2', digest: 'd', url: undefined, urls: '{"x86_64":"y"}' })
  await merge('arm64', 'a')
  const [added] = await Promise.all([catalogue.register(container, 'ci'), merge('s390x', 's')])
  t.same(added.dropped, ['arm64'])
  t.same(urls(), { amd64: 'y', s390x: 's' })
  t.ok(index.writes <= 3)
  await t.rejects(catalogue.register(container, 'ci', Precondition.of({ 'if-none-match': '*' })), { code: 'PRECONDITION_FAILED' })
  t.match(await catalogue.register(container, 'ci', matching(entityTagOf(index.stored.get('c:1')!.json))), { dropped: ['s390x'] })
})
