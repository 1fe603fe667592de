import t from 'tap'
import { ApiError, UnreachableError } from '../../src/client/index.js'
import { LoadError } from '../../src/load/load-error.js'
import { Patience } from '../../src/load/patience.js'

const unreachable = new UnreachableError('cut', 'http://127.0.0.1', new Error('ECONNRESET'))
const busy = (retryAfterSeconds: number) => new ApiError('busy', { status: 503, code: 'OVERLOADED', retryAfterSeconds })

t.test('what fails five times in a row is given up, and whoever gets further begins to count anew', async t => {
  const patience = new Patience()
  const delays = () => Array.from({ length: 5 }, () => patience.after(unreachable))
  t.same(delays(), [500, 1000, 2000, 4000, undefined])
  patience.renew()
  t.same(delays(), [500, 1000, 2000, 4000, undefined])
})

t.test('whoever asks to come later is asked later, not by all at once, and for minutes', async t => {
  const patience = new Patience()
  const delays: number[] = []
  for (let delay; (delay = patience.after(busy(5))) !== undefined && delay !== 500;) delays.push(delay)
  t.ok(delays.every(delay => delay >= 5000 && delay <= 7500), String(delays))
  t.ok(new Set(delays).size > 1, 'they are scattered')
  const waited = delays.reduce((a, b) => a + b, 0)
  t.ok(waited >= 300_000 && waited < 310_000, `${waited} ms, and then it counts as a failure`)
})

t.test('nobody is asked to wait for longer than a minute and a half', async t => {
  t.ok(new Patience().after(busy(86_400))! <= 90_000)
})

t.test('another server than Leporello may ask for it as well', async t => {
  t.ok(new Patience().after(new LoadError('503', 'unreachable', busy(3)))! >= 3000)
})
