import t from 'tap'
import { LeporelloError } from '../../src/errors.js'
import type { BackendHealth } from '../../src/ports/backend-health.js'
import type { DocumentIndex } from '../../src/ports/document-index.js'
import { CONTAINER, form, testApp } from '../app.js'
import { ScriptedIndex } from '../catalogue/scripted-index.js'

const down = () => new LeporelloError('INDEX_UNAVAILABLE', 'the index does not answer', { retryAfterSeconds: 7 })

class DownIndex extends ScriptedIndex {
  override async get (): Promise<never> { throw down() }
  override async refresh (): Promise<never> { throw down() }
  override async health (): Promise<BackendHealth> { return { kind: 'scripted', state: 'down', reason: 'refused' } }
}

t.test('an index that is down is a 503 with a reason and a time, in Mozart\'s envelope', async t => {
  const app = await testApp(t, { backends: { index: new DownIndex() } })
  const requests = [
    { url: '/container/info?id=x' },
    { url: '/container/list' },
    { url: '/container?id=x', method: 'DELETE' as const },
    { url: '/container/add', method: 'POST' as const, ...form(CONTAINER) },
    { url: '/job_spec/add', method: 'POST' as const, ...form({ spec: '{"id":"x"}' }) }
  ]
  for (const request of requests) {
    const answer = await app.inject(request)
    t.equal(answer.statusCode, 503, request.url)
    t.equal(answer.headers['retry-after'], '7', request.url)
    t.equal(answer.headers['x-error-code'], 'INDEX_UNAVAILABLE', request.url)
    t.same(answer.json(), { success: false, message: 'the index does not answer', result: null }, request.url)
  }
  const remove = await app.inject('/container/remove?id=x')
  t.same(remove.json(), { success: false, message: 'the index does not answer' }, 'without a result, as Mozart\'s remove')
})

t.test('readiness follows the index, liveness does not', async t => {
  const app = await testApp(t, { backends: { index: new DownIndex() } })
  const ready = await app.inject('/health/ready')
  t.equal(ready.statusCode, 503)
  t.match(ready.json(), { status: 'not ready', backends: { index: { kind: 'scripted', state: 'down', reason: 'refused' } } })
  t.equal((await app.inject('/health/live')).statusCode, 200)
})

t.test('a fault of ours is Mozart\'s 500, without a detail', async t => {
  const index = new ScriptedIndex()
  index.beforeRead = () => { throw new TypeError('secret detail') }
  const app = await testApp(t, { backends: { index } })
  const answer = await app.inject('/container/info?id=x')
  t.equal(answer.statusCode, 500)
  t.equal(answer.body, '{"message": "Internal Server Error"}\n')
  t.equal(answer.headers['access-control-allow-origin'], '*')
})

t.test('a listing that fails at its first page is refused, later it is cut off', async t => {
  const listing = (pages: Array<string[] | Error>): DocumentIndex => Object.assign(new ScriptedIndex(), {
    async * ids () {
      for (const page of pages) {
        if (page instanceof Error) throw page
        yield page
      }
    }
  })
  const first = await testApp(t, { backends: { index: listing([down()]) } })
  t.equal((await first.inject('/container/list')).statusCode, 503)
  const later = await testApp(t, { backends: { index: listing([['a'], ['b'], ['c'], down()]) } })
  const url = await later.listen({ host: '127.0.0.1', port: 0 })
  const answer = await fetch(`${url}/container/list`)
  t.equal(answer.status, 200)
  await t.rejects(answer.text(), { name: 'TypeError' }, 'the connection ends before the text does')
})
