import { setImmediate } from 'node:timers/promises'
import fastify from 'fastify'
import t from 'tap'
import { recurring } from '../../src/recurring.js'

t.test('what is done again and again is done for the first time when it is time, and no more once all is closed', async t => {
  const app = fastify()
  t.teardown(() => app.close())
  let times = 0
  const second = new Promise<AbortSignal>(resolve => {
    recurring(app, { intervalMs: 10, firstMs: 1 }, async closing => { if (++times === 2) resolve(closing) })
  })
  t.equal(times, 0)
  await app.listen({ host: '127.0.0.1', port: 0 })
  const closing = await second
  t.equal(closing.aborted, false)
  await app.close()
  t.equal(closing.aborted, true)
})

t.test('an interval may be longer than a timer can be', async t => {
  const app = fastify()
  t.teardown(() => app.close())
  const warnings: Error[] = []
  const warned = (warning: Error) => { warnings.push(warning) }
  process.on('warning', warned)
  t.teardown(() => process.off('warning', warned))
  recurring(app, { intervalMs: 30 * 24 * 3_600_000 }, async () => { t.fail('done at once') })
  await app.listen({ host: '127.0.0.1', port: 0 })
  await setImmediate()
  t.same(warnings, [])
})
