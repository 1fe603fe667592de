import t from 'tap'
import { FailedAttempts } from '../../src/access/failed-attempts.js'
import { heapBytes } from '../heap.js'

const LONG = 'u'.repeat(1_000_000)

t.test('sources are counted apart, however long they are', async t => {
  const attempts = new FailedAttempts(2)
  for (const source of [`${LONG}a`, `${LONG}a`, `${LONG}b`]) attempts.add(source)
  t.ok(attempts.blockedFor(`${LONG}a`))
  t.equal(attempts.blockedFor(`${LONG}b`), undefined)
  attempts.takeBack(`${LONG}a`)
  t.equal(attempts.blockedFor(`${LONG}a`), undefined)
  attempts.add(`${LONG}a`)
  attempts.forget(`${LONG}a`)
  t.equal(attempts.blockedFor(`${LONG}a`), undefined)
})

t.test('who sends long names of users fills no memory', async t => {
  const attempts = new FailedAttempts(10)
  const before = heapBytes()
  for (let at = 0; at < 100; at++) attempts.add(`${at}${LONG}`)
  const grown = heapBytes() - before
  t.ok(grown < 10_000_000, `${grown} bytes more`)
  t.equal(attempts.blockedFor(`0${LONG}`), undefined)
})
