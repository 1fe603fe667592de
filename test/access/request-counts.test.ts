import t from 'tap'
import { RequestCounts } from '../../src/access/request-counts.js'

const MINUTE = 60_000

function counting () {
  let now = 0
  const counts = new RequestCounts({}, () => now)
  return {
    pass: (ms: number) => { now += ms },
    count: (source: string) => {
      let counted: unknown
      counts.incr(source, (_error, result) => { counted = { ...result } }, MINUTE)
      return counted
    }
  }
}

t.test('each source has a window of its own, which ends a minute after its first request', async t => {
  const { pass, count } = counting()
  t.same(count('a'), { current: 1, ttl: MINUTE })
  pass(59_999)
  t.same(count('a'), { current: 2, ttl: 1 })
  t.same(count('b'), { current: 1, ttl: MINUTE })
  pass(1)
  t.same(count('a'), { current: 1, ttl: MINUTE })
  t.same(count('b'), { current: 2, ttl: 59_999 })
})

t.test('no more sources are remembered than there may be, the youngest of them', async t => {
  const { count } = counting()
  for (let n = 0; n <= 10_000; n++) count(`source ${n}`)
  t.match(count('source 10000'), { current: 2 })
  t.match(count('source 1'), { current: 2 })
  t.match(count('source 0'), { current: 1 })
})
