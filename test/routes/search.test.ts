import t from 'tap'
import { CONTAINER, form, testApp } from '../app.js'

t.test('search and report stand under every base', async t => {
  const app = await testApp(t)
  for (const name of ['a', 'b', 'c']) await app.inject({ method: 'POST', url: '/container/add', ...form({ ...CONTAINER, name }) })
  await app.inject({ method: 'POST', url: '/container/merge', ...form({ name: 'd', version: '2', architecture: 's390x', url: 's' }) })
  for (const base of ['/api/v0.1', '/api/v0.2', '']) {
    const first = (await app.inject(`${base}/container/search?size=2`)).json()
    t.match(first, { success: true, message: '', result: { containers: [{ id: 'a', urls: CONTAINER.urls }, { id: 'b' }], after: 'b' } })
    const second = (await app.inject(`${base}/container/search?size=3&after=b`)).json()
    t.match(second, { result: { containers: [{ id: 'c' }, { id: 'd' }], after: null } })
    t.match((await app.inject(`${base}/container/search?missing=x86_64&version=2`)).json(), { result: { containers: [{ id: 'd' }] } })
    t.match((await app.inject(`${base}/container/report`)).json(), {
      success: true, result: { containers: 4, architectures: { amd64: 3, arm64: 3, s390x: 1 }, lacking: { amd64: { count: 1, ids: ['d'] } } }
    })
  }
})

t.test('what cannot be searched for is refused', async t => {
  const app = await testApp(t)
  for (const [query, code] of [
    ['size=0', 'PARAMETER_INVALID'], ['size=1001', 'PARAMETER_INVALID'], ['size=x', 'PARAMETER_INVALID'], ['size=1e2', 'PARAMETER_INVALID'],
    [`after=${'x'.repeat(513)}`, 'PARAMETER_INVALID'], [`after=${'x'.repeat(600_000)}`, 'PARAMETER_INVALID'],
    ['arch=quux', 'ARCHITECTURE_UNKNOWN'], ['missing=armv8', 'ARCHITECTURE_AMBIGUOUS']
  ] as const) {
    const answer = await app.inject(`/container/search?${query}`)
    t.equal(answer.statusCode, 400, query)
    t.match(answer.json(), { success: false, result: { code } }, query)
  }
})

t.test('search goes on after the longest id', async t => {
  const app = await testApp(t)
  t.equal((await app.inject(`/container/search?after=${'x'.repeat(512)}`)).statusCode, 200)
})
