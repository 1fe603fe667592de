import t from 'tap'
import { Batcher } from '../../../src/adapters/search/batcher.js'

/** A batcher whose batches return when the test says so. */
function setUp (options: { inFlight: number, maxItems?: number, maxBytes?: number }) {
  const sent: string[][] = []
  const returns: Array<() => void> = []
  const batcher = new Batcher<string>({
    send: items => {
      sent.push(items)
      return new Promise(resolve => returns.push(resolve))
    },
    maxItems: 100,
    bytes: item => item.length,
    ...options
  })
  const comesBack = async () => {
    returns.shift()?.()
    await endOfTurn()
    await endOfTurn()
  }
  return { batcher, sent, comesBack }
}

function endOfTurn (): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}

t.test('what is added in one turn is sent together at its end, while there is room in flight', async t => {
  const { batcher, sent } = setUp({ inFlight: 2 })
  batcher.add('a')
  t.same(sent, [])
  batcher.add('b')
  await endOfTurn()
  t.same(sent, [['a', 'b']])
  batcher.add('c')
  await endOfTurn()
  t.same(sent, [['a', 'b'], ['c']])
  batcher.add('d')
  await endOfTurn()
  t.equal(sent.length, 2)
})

t.test('what waits is sent together, in order, when a batch returns', async t => {
  const { batcher, sent, comesBack } = setUp({ inFlight: 1 })
  batcher.add('a')
  await endOfTurn()
  for (const item of ['b', 'c', 'd']) batcher.add(item)
  await comesBack()
  t.same(sent, [['a'], ['b', 'c', 'd']])
  batcher.add('e')
  t.equal(sent.length, 2, 'nothing joins a batch that was sent')
  await comesBack()
  t.same(sent.at(-1), ['e'])
})

t.test('a batch holds no more items and bytes than it may, and one item always fits', async t => {
  const { batcher, sent, comesBack } = setUp({ inFlight: 1, maxItems: 3, maxBytes: 10 })
  batcher.add('first')
  await endOfTurn()
  for (const item of ['a', 'b', 'c', 'd', 'xxxxxxx', 'yyyy', 'a very long one', 'z']) batcher.add(item)
  for (let batch = 0; batch < 6; batch++) await comesBack()
  t.same(sent, [['first'], ['a', 'b', 'c'], ['d', 'xxxxxxx'], ['yyyy'], ['a very long one'], ['z']])
})
