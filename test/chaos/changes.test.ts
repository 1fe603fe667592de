import t from 'tap'
import { isThere, mistakesIn, type Change } from './changes.js'

const LATER = { from: 100, to: 101 }

t.test('what the acknowledged changes made is no mistake', async t => {
  const changes = [add('A', 1, 2, { amd64: 'A-x', arm64: 'A-a' }), merge('B', 3, 4, { arm64: 'B-a' })]
  t.same(mistakesIn(changes, { amd64: 'A-x', arm64: 'B-a' }, LATER), [])
  t.same(mistakesIn([...changes, detach('C', 5, 6, 'amd64')], { arm64: 'B-a' }, LATER), [])
  t.same(mistakesIn([...changes, remove('D', 5, 6)], {}, LATER), [])
})

t.test('of what happened at once either may be last', async t => {
  const changes = [merge('A', 1, 5, { amd64: 'A-x' }), merge('B', 2, 4, { amd64: 'B-x' })]
  for (const token of ['A-x', 'B-x']) t.same(mistakesIn(changes, { amd64: token }, LATER), [])
})

t.test('what nobody answered may have happened, or happen late, or not at all', async t => {
  const lost: Change = { ...merge('B', 3, 4, { amd64: 'B-x' }), outcome: 'unknown', loose: true }
  const changes = [merge('A', 1, 2, { amd64: 'A-x' }), lost, merge('C', 5, 6, { arm64: 'C-a' })]
  for (const token of ['A-x', 'B-x']) t.same(mistakesIn(changes, { amd64: token, arm64: 'C-a' }, LATER), [])
})

t.test('an acknowledged change that is gone is found', async t => {
  t.same(mistakesIn([merge('A', 1, 2, { amd64: 'A-x' })], {}, LATER), ['amd64 of A is gone'])
  t.same(mistakesIn([remove('R', 1, 2), merge('A', 3, 4, { amd64: 'A-x' })], {}, LATER), ['amd64 of A is gone'])
})

t.test('an older image over a newer one is found', async t => {
  const changes = [merge('A', 1, 2, { amd64: 'A-x' }), merge('B', 3, 4, { amd64: 'B-x' })]
  t.same(mistakesIn(changes, { amd64: 'A-x' }, LATER), ['amd64 of A is shown, although B came after it'])
})

t.test('an image that outlives its removal is found', async t => {
  const changes = [merge('A', 1, 2, { amd64: 'A-x' }), remove('R', 3, 4)]
  t.same(mistakesIn(changes, { amd64: 'A-x' }, LATER), ['amd64 of A is shown, although R came after it'])
})

t.test('a change that is seen in part is found, acknowledged or not', async t => {
  const before = merge('A', 1, 2, { amd64: 'A-x', arm64: 'A-a' })
  const under: Change = { ...add('B', 3, Infinity, { amd64: 'B-x', arm64: 'B-a' }), outcome: 'under way' }
  t.same(mistakesIn([before, under], { amd64: 'B-x', arm64: 'B-a' }, LATER), [])
  t.same(mistakesIn([before, under], { amd64: 'B-x', arm64: 'A-a' }, LATER), ['arm64 of A is shown, although B came after it'])
  t.same(mistakesIn([before, under], { amd64: 'B-x' }, LATER), ['arm64 of A is gone', 'arm64 of B is gone'])
})

t.test('an architecture that an add should have dropped is found', async t => {
  const changes = [merge('A', 1, 2, { s390x: 'A-z' }), add('B', 3, 4, { amd64: 'B-x' })]
  t.same(mistakesIn(changes, { amd64: 'B-x', s390x: 'A-z' }, LATER), ['s390x of A is shown, although B came after it'])
})

t.test('what nobody sent, what was refused and what is not sent yet is found', async t => {
  const refused: Change = { ...merge('A', 1, 2, { amd64: 'A-x' }), outcome: 'refused' }
  const said = ['amd64 is A-x, which nobody has sent, or which was refused']
  t.same(mistakesIn([refused], { amd64: 'A-x' }, LATER), said)
  t.same(mistakesIn([], { amd64: 'A-x' }, LATER), said)
  t.same(mistakesIn([merge('A', 200, 201, { amd64: 'A-x' })], { amd64: 'A-x' }, LATER), said)
})

t.test('who looks while a change is made may see it or not', async t => {
  const changes = [merge('A', 1, 2, { amd64: 'A-x' }), merge('B', 99, 200, { amd64: 'B-x' })]
  for (const token of ['A-x', 'B-x']) t.same(mistakesIn(changes, { amd64: token }, LATER), [])
})

t.test('whether a registration is there is told only where it is certain', async t => {
  const changes = [add('A', 1, 2, { amd64: 'A-x', arm64: 'A-a' }), detach('B', 3, 4, 'amd64')]
  t.equal(isThere([], LATER), false)
  t.equal(isThere(changes, LATER), true)
  t.equal(isThere([...changes, remove('C', 5, 6)], LATER), false)
  t.equal(isThere([...changes, { ...remove('C', 5, 6), outcome: 'refused' }], LATER), true)
  t.equal(isThere([...changes, { ...remove('C', 5, 6), outcome: 'unknown' }], LATER), undefined)
  t.equal(isThere([...changes, { ...merge('C', 5, 6, { amd64: 'C-x' }), loose: true }], LATER), undefined)
  t.equal(isThere([...changes, remove('C', 5, 100)], LATER), undefined)
  t.equal(isThere([...changes, remove('C', 3, 6)], LATER), undefined)
  t.equal(isThere([...changes, remove('C', 200, 201)], LATER), true)
})

function merge (what: string, start: number, end: number, writes: Change['writes'], clears: Change['clears'] = []): Change {
  return { what, writes, clears, start, end, outcome: 'done', loose: false }
}

function add (what: string, start: number, end: number, writes: Change['writes']): Change {
  return merge(what, start, end, writes, 'others')
}

function detach (what: string, start: number, end: number, architecture: 'amd64'): Change {
  return merge(what, start, end, {}, [architecture])
}

function remove (what: string, start: number, end: number): Change {
  return merge(what, start, end, {}, 'others')
}
