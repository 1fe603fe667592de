import t from 'tap'
import { Outage } from '../../src/cli/outage.js'
import { LeporelloError } from '../../src/errors.js'

const down = () => new LeporelloError('INDEX_UNAVAILABLE', 'the engine is busy')

/** Fails so often, and then succeeds. */
function failing (times: number, error: () => Error = down) {
  let left = times
  return async () => {
    if (left-- > 0) throw error()
    return 'done'
  }
}

t.test('an index that never served is not waited for', async t => {
  const told: string[] = []
  const outage = new Outage({ patienceMs: 60_000, onTrouble: ({ message }) => { told.push(message) } })
  await t.rejects(outage.outlast(failing(1)), { code: 'INDEX_UNAVAILABLE' })
  t.same(told, [])
})

t.test('one that served is asked again, and told of once by all who wait', async t => {
  const told: string[] = []
  const outage = new Outage({ patienceMs: 60_000, onTrouble: ({ message }) => { told.push(message) } })
  await outage.outlast(failing(0))
  t.same(await Promise.all([1, 2, 1].map(times => outage.outlast(failing(times)))), ['done', 'done', 'done'])
  t.same(told, ['the engine is busy'])
})

t.test('what will be the same the next time is not tried again', async t => {
  const outage = new Outage({ patienceMs: 60_000, onTrouble: () => t.fail('told') })
  await outage.outlast(failing(0))
  await t.rejects(outage.outlast(failing(1, () => new LeporelloError('INDEX_FULL', 'full'))), { code: 'INDEX_FULL' })
  await t.rejects(outage.outlast(failing(1, () => new TypeError('ours'))), TypeError)
})

t.test('patience ends', async t => {
  const outage = new Outage({ patienceMs: 300, onTrouble: () => {} })
  await outage.outlast(failing(0))
  await t.rejects(outage.outlast(failing(Infinity)), { code: 'INDEX_UNAVAILABLE' })
})
