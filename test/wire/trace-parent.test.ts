import t from 'tap'
import { traceIdOf } from '../../src/wire/trace-parent.js'

const TRACE = '0af7651916cd43dd8448eb211c80319c'

t.test('the trace of a valid traceparent, also of a later version', async t => {
  for (const text of [`00-${TRACE}-b7ad6b7169203331-01`, `00-${TRACE}-b7ad6b7169203331-ff`, `01-${TRACE}-b7ad6b7169203331-01-more`, `cc-${TRACE}-b7ad6b7169203331-00`]) {
    t.equal(traceIdOf(text), TRACE, text)
  }
})

t.test('none of another text', async t => {
  const wrong = [
    undefined, '', [], TRACE, `00-${TRACE}-b7ad6b7169203331`, `00-${TRACE.toUpperCase()}-b7ad6b7169203331-01`, `ff-${TRACE}-b7ad6b7169203331-01`,
    `00-${'0'.repeat(32)}-b7ad6b7169203331-01`, `00-${TRACE}-${'0'.repeat(16)}-01`, `00-${TRACE}-b7ad6b7169203331-01-more`, `00-${TRACE}-b7ad6b7169203331-01\n`
  ]
  for (const text of wrong) t.equal(traceIdOf(text), undefined, String(text))
})
