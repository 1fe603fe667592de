import t from 'tap'
import { form, testApp } from '../app.js'

const KINDS = ['job_spec', 'hysds_io']

t.test('a specification comes back with its digits, its key order and Mozart\'s spacing', async t => {
  const app = await testApp(t)
  const spec = '{"id": "x:1", "n": 12345678901234567890123, "f": 1.0, "2": "two", "1": "\u00e9", "e": 1e5}'
  for (const kind of KINDS) {
    t.equal((await app.inject({ method: 'POST', url: `/${kind}/add`, ...form({ spec }) })).statusCode, 200)
    const answer = await app.inject(`/${kind}/type?id=x:1`)
    t.ok(answer.body.endsWith(`"result": ${spec.replace('\u00e9', String.raw`\u00e9`)}}\n`), answer.body)
  }
})

t.test('a spec within a JSON body keeps its digits too', async t => {
  const app = await testApp(t)
  const headers = { 'content-type': 'application/json' }
  for (const payload of ['{"spec": {"id": "x:1", "n": 1.0}}', String.raw`{"spec": "{\"id\": \"x:1\", \"n\": 1.0}"}`]) {
    t.equal((await app.inject({ method: 'POST', url: '/job_spec', payload, headers })).statusCode, 200)
    t.match((await app.inject('/job_spec?id=x:1')).body, '"result": {"id": "x:1", "n": 1.0}')
  }
})

t.test('both kinds answer every form of every route under every base', async t => {
  const app = await testApp(t)
  for (const kind of KINDS) {
    for (const base of ['/api/v0.1', '/api/v0.2', '']) {
      for (const path of ['/add', '']) {
        t.equal((await app.inject({ method: 'POST', url: `${base}/${kind}${path}`, ...form({ spec: '{"id":"x"}' }) })).json().result, 'x')
      }
      for (const path of ['/type', '']) t.equal((await app.inject(`${base}/${kind}${path}?id=x`)).json().result.id, 'x')
      t.same((await app.inject(`${base}/${kind}/list`)).json().result, ['x'])
      t.equal((await app.inject(`${base}/${kind}/remove?id=x`)).statusCode, 200)
      t.equal((await app.inject({ method: 'DELETE', url: `${base}/${kind}?id=x` })).statusCode, 404)
    }
  }
})

t.test('hysds_io answers in its own words', async t => {
  const app = await testApp(t)
  const spec = '{"id": "hysds-io-foo:1.0"}'
  const add = (url: string) => app.inject({ method: 'POST', url, ...form({ spec }) })
  t.same((await add('/api/v0.1/hysds_io/add')).json(),
    { success: true, message: 'hysds-io-foo:1.0 added to index hysds_ios-mozart', result: 'hysds-io-foo:1.0' })
  t.same((await app.inject({ url: '/api/v0.1/hysds_io/type', ...form({ id: 'hysds-io-foo:1.0' }) })).json(),
    { success: true, message: '', result: { id: 'hysds-io-foo:1.0' } })
  t.same((await app.inject('/api/v0.1/hysds_io/type?id=nope')).json(),
    { success: false, message: 'hysds io not found: nope', result: null })
  t.same((await app.inject('/api/v0.2/hysds_io?id=nope')).json(), { success: false, message: '', result: null })
  t.same((await app.inject('/api/v0.1/hysds_io/type')).json(),
    { success: false, message: 'missing parameter: id', result: null })
  t.same((await app.inject('/api/v0.1/hysds_io/remove?id=hysds-io-foo:1.0')).json(),
    { success: true, message: 'deleted hysds_io: hysds-io-foo:1.0' })
  await add('/api/v0.2/hysds_io')
  t.same((await app.inject({ method: 'DELETE', url: '/api/v0.2/hysds_io?id=hysds-io-foo:1.0' })).json(),
    { success: true, message: 'deleted hysds_io: hysds-io-foo:1.0', result: null })
  t.same((await app.inject({ method: 'POST', url: '/api/v0.1/hysds_io/add' })).json(),
    { success: false, message: 'spec object missing', result: null })
  t.same((await app.inject('/api/v0.1/hysds_io/remove')).json(), { success: false, message: 'id parameter not included' })
  t.same((await app.inject({ method: 'DELETE', url: '/api/v0.2/hysds_io' })).json(),
    { success: false, message: 'id parameter not included', result: null })
})

t.test('job_spec v0.2 answers in its own words', async t => {
  const app = await testApp(t)
  t.same((await app.inject({ method: 'POST', url: '/api/v0.2/job_spec', ...form({ spec: '{"id":"job:1"}' }) })).json(),
    { success: true, message: 'job_spec job:1 added to index hysds_ios-mozart', result: 'job:1' })
  t.same((await app.inject('/api/v0.2/job_spec?id=job:1')).json(),
    { success: true, message: 'job spec for job:1', result: { id: 'job:1' } })
  t.same((await app.inject({ method: 'DELETE', url: '/api/v0.2/job_spec?id=job:1' })).json(),
    { success: true, message: '', result: null })
  t.same((await app.inject({ method: 'DELETE', url: '/api/v0.2/job_spec' })).json(),
    { success: false, message: 'id parameter not included', result: null })
})

t.test('a spec that cannot be stored is refused with a sentence', async t => {
  const app = await testApp(t)
  const refusals: Record<string, RegExp> = {
    '': /spec/,
    nope: /spec/,
    '[1]': /object.*list/,
    '{}': /id/,
    '{"id": 5}': /id/,
    '{"id": ""}': /id/,
    '{"id": "x", "v": NaN}': /NaN/,
    '{"id": "x"} trailing': /spec/,
    "{'id': 'x'}": /Python/,
    [`{"id": "x", "deep": ${'['.repeat(50_000)}${']'.repeat(50_000)}}`]: /nest|deep/
  }
  for (const [spec, message] of Object.entries(refusals)) {
    const answer = await app.inject({ method: 'POST', url: '/job_spec/add', ...form({ spec }) })
    t.equal(answer.statusCode, 400, spec.slice(0, 40))
    t.match(answer.json().message, message, spec.slice(0, 40))
    t.ok(['SPEC_INVALID', 'ID_INVALID'].includes(answer.headers['x-error-code'] as string), spec.slice(0, 40))
  }
  t.same((await app.inject('/job_spec/list')).json().result, [])
})
