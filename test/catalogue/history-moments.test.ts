import t from 'tap'
import { History } from '../../src/catalogue/history.js'
import type { MadeChange } from '../../src/catalogue/made-change.js'
import { Deadline } from '../../src/deadline.js'
import type { ChangeLog } from '../../src/ports/change-log.js'
import type { Version } from '../../src/ports/document-index.js'

t.test('a change that is recorded in the moment in which the last one is told is told as well', async t => {
  const told: string[] = []
  const log: ChangeLog = {
    append: async ({ name }) => { told.push(name) },
    page: async () => ({ entries: [], isLast: true }),
    trim: async () => 0,
    checkWrites: async () => {}
  }
  const history = new History({ log, requestTimeoutMs: 5000 })
  history.record(changeOf('first'))
  await history.settled(Deadline.in(5000))
  history.record(changeOf('second'))
  await history.settled(Deadline.in(5000))
  t.same(told, ['first', 'second'])
  t.equal(history.length, 0)
})

function changeOf (name: string): MadeChange {
  const author = { name: 'ci' }
  return { kind: 'container', name, at: new Date(0), author, operation: 'add', before: undefined, after: '{}', version: '1:1' as Version, part: 0 }
}
