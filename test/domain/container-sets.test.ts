import t from 'tap'
import { parseArchitecture } from '../../src/domain/architecture.js'
import {
  ContainerSets, isOpen, missingFrom, setKey, type ContainerSet, type SetState
} from '../../src/domain/container-sets.js'

const DAY_MS = 24 * 3_600_000
const NOW = new Date('2026-06-01T00:00:00Z')
const [AMD64, ARM64, S390X] = ['amd64', 'arm64', 's390x'].map(parseArchitecture) as [ReturnType<typeof parseArchitecture>, ReturnType<typeof parseArchitecture>, ReturnType<typeof parseArchitecture>]

function image (architecture = AMD64) {
  const record = { architecture, file: 'u', digests: [], version: '1', verified: false }
  return { architecture, url: 'u', record, by: 'ci', at: NOW.toISOString() }
}

/** So many days old. */
function set (id: string, state: SetState, age = 0): ContainerSet {
  const since = new Date(NOW.getTime() - age * DAY_MS).toISOString()
  const isOver = state === 'published' || state === 'superseded' || state === 'expired'
  return {
    id,
    key: setKey(id, '1'),
    version: '1',
    build: id,
    expect: [AMD64, ARM64],
    images: state === 'waiting' || state === 'complete' ? [image()] : [],
    state,
    ...state === 'complete' && { owner: 'me' },
    since,
    ...isOver && { closed_at: since }
  }
}

const of = (...sets: ContainerSet[]) => ContainerSets.parse('c:1', JSON.stringify({ sets }))
const states = ({ sets }: ContainerSets) => sets.map(({ id, state }) => `${id} ${state}`)
const ids = ({ sets }: ContainerSets) => sets.map(({ id }) => id)

t.test('without a document there are no sets, and what is stored reads back as it was', async t => {
  t.same(ContainerSets.parse('c:1', undefined).sets, [])
  for (const foreign of ['{}', '{"open":true}', '{"sets":{"a":1}}', '{"sets":[null,1,"a",{"state":"waiting"}]}']) t.same(ContainerSets.parse('c:1', foreign).sets, [])
  const sets = of(set('a', 'published'), set('b', 'waiting'), set('c', 'complete'))
  t.same(ContainerSets.parse('c:1', sets.json).sets, sets.sets)
  t.equal(ContainerSets.parse('c:1', sets.json).json, sets.json)
})

t.test('the document says whether anything is open, and whose it is, on one line', async t => {
  const open = (...sets: ContainerSet[]) => JSON.parse(of(...sets).json) as { open: boolean, id: string }
  for (const state of ['waiting', 'complete'] as const) t.match(open(set('a', 'published'), set('b', state)), { open: true, id: 'c:1' })
  for (const state of ['direct', 'published', 'superseded', 'expired'] as const) {
    t.notOk(isOpen(set('a', state)))
    t.equal(open(set('a', state)).open, false)
  }
  t.notMatch(of(set('a', 'waiting')).json, '\n')
})

t.test('keys of builds and of versions cannot be mistaken for each other', async t => {
  t.not(setKey('1', '1'), setKey(undefined, '1'))
  t.not(setKey('version:1', '1'), setKey(undefined, '1'))
  t.not(setKey('1', '1'), setKey(undefined, 'build:1'))
  t.not(setKey('version:1', '1'), setKey(undefined, 'version:1'))
  t.equal(setKey('7', '1'), setKey('7', '2'), 'a build is one thing, whatever the version')
})

t.test('what is missing is what is expected and not there', async t => {
  t.same(missingFrom(set('a', 'waiting')), [ARM64])
  t.same(missingFrom({ ...set('a', 'waiting'), images: [image(), image(ARM64), image(S390X)] }), [])
  t.same(missingFrom({ ...set('a', 'waiting'), expect: [] }), [])
})

t.test('the order is that of the list, and the last of a key counts', async t => {
  const sets = of(set('b', 'direct'), { ...set('a', 'expired'), key: 'build:b' }, set('c', 'complete'))
  t.equal(sets.latest('build:b')?.id, 'a')
  t.equal(sets.latest('build:x'), undefined)
  t.equal(sets.get('c')?.state, 'complete')
  t.equal(sets.complete?.id, 'c')
  t.equal(of(set('a', 'waiting')).complete, undefined)
  t.same(['b', 'a', 'c', 'x', undefined].map(id => sets.position(id)), [0, 1, 2, -1, -1])
})

t.test('a set is put at the end, after another, or in the place of its former self, and the others stay', async t => {
  const sets = of(set('a', 'direct'), set('b', 'direct'))
  t.same(ids(sets.append(set('c', 'waiting'))), ['a', 'b', 'c'])
  t.same(ids(sets.insertAfter('a', set('c', 'waiting'))), ['a', 'c', 'b'])
  t.same(states(sets.replace(set('a', 'waiting'))), ['a waiting', 'b direct'])
  t.same(ids(sets), ['a', 'b'], 'it is not changed itself')
})

t.test('what is over keeps its key, its place and its time, and neither images nor owner', async t => {
  const [closed] = of(set('a', 'complete')).close('a', 'published', NOW).sets
  t.match(closed, { id: 'a', key: 'build:a', state: 'published', images: { length: 0 }, closed_at: NOW.toISOString(), since: NOW.toISOString() })
  t.notOk('owner' in closed!)
})

t.test('publication ends those before it that wait, and nothing else', async t => {
  const sets = of(set('a', 'waiting'), set('b', 'direct'), set('c', 'complete'), set('d', 'waiting'), set('e', 'expired'))
  t.same(states(sets.close('c', 'published', NOW)), ['a superseded', 'b direct', 'c published', 'd waiting', 'e expired'])
  t.same(sets.close('c', 'published', NOW).sets[0]!.images, [])
  t.same(states(sets.close('c', 'superseded', NOW)), ['a waiting', 'b direct', 'c superseded', 'd waiting', 'e expired'])
  t.same(states(sets.close('d', 'expired', NOW)), ['a waiting', 'b direct', 'c complete', 'd expired', 'e expired'])
})

t.test('closing twice is closing once', async t => {
  const sets = of(set('a', 'waiting'), set('b', 'complete'), set('c', 'waiting'))
  for (const state of ['published', 'superseded', 'expired'] as const) {
    const once = sets.close('b', state, NOW)
    t.equal(once.close('b', state, NOW).json, once.json)
  }
})

/** Ids of the same order. */
const many = (count: number, state: SetState, age: number, prefix = 'old') =>
  Array.from({ length: count }, (_, n) => set(`${prefix}-${n}`, state, age))

t.test('long ago and beyond the last hundred are forgotten, when something is closed and when something begins', async t => {
  const sets = of(...many(150, 'direct', 31))
  t.same(ids(sets.append(set('new', 'direct'))), [...many(150, 'direct', 31).slice(51).map(({ id }) => id), 'new'])
  const open = of(...many(150, 'published', 31), set('new', 'complete'))
  t.same(ids(open.close('new', 'published', NOW)).length, 100)
  t.equal(ids(open.close('new', 'published', NOW)).at(-1), 'new')
  t.same(ids(of(...many(99, 'direct', 400)).append(set('new', 'direct'))).length, 100, 'the last hundred stay, however old')
  t.same(ids(of(...many(500, 'direct', 29)).append(set('new', 'direct'))).length, 501, 'those of the last days stay, however many')
})

t.test('nothing is forgotten that began after something that is open', async t => {
  const open = [...many(20, 'direct', 40), set('open', 'waiting', 40), ...many(150, 'published', 31, 'later')]
  t.same(ids(of(...open).append(set('new', 'direct'))).slice(0, 2), ['open', 'later-0'])
})

t.test('nothing is forgotten from the middle: what it superseded would no longer be known to be', async t => {
  const sets = [...many(10, 'direct', 40), set('late', 'expired', 1), ...many(150, 'published', 31, 'later')]
  t.same(ids(of(...sets).append(set('new', 'direct'))).slice(0, 2), ['late', 'later-0'])
})
