import t, { type Test } from 'tap'
import { API_BASES } from '../../src/app.js'
import { CONTAINER, form, testApp } from '../app.js'

const NAME = CONTAINER.name

async function service (t: Test) {
  const app = await testApp(t)
  return {
    app,
    post: async (path: string, fields: Record<string, string>, id = 'some-id') => {
      const { payload, headers } = form(fields)
      return await app.inject({ method: 'POST', url: `/${path}`, payload, headers: { ...headers, 'x-request-id': id } })
    },
    history: async (query: string, kind = 'container') => await app.inject(`/${kind}/history?${query}`)
  }
}

t.test('a change is told under every base, with the request that made it and the ETags that were answered', async t => {
  const { app, post, history } = await service(t)
  const added = await post('container/add', CONTAINER, 'the-first')
  const merged = await post('container/merge', { name: NAME, version: '2', architecture: 'arm64', url: 's3://b/new.tar.gz' }, 'the-second')
  const answer = await history(`id=${NAME}`)
  t.equal(answer.statusCode, 200)
  const body = answer.json()
  t.match(body, { success: true, message: '', result: { before: null } })
  t.match(body.result.changes, [
    { by: 'anonymous', account: null, request_id: 'the-second', operation: 'merge', resource: 'container', name: NAME, left_out: false, write: { index: null, primary_term: null } },
    { request_id: 'the-first', operation: 'add', before: null, etag_before: null, after: { id: NAME, digest: 'sha256:aa' } }
  ])
  const [second, first] = body.result.changes
  t.same([`"${first.etag_after}"`, `"${second.etag_after}"`], [(await app.inject(`/container/info?id=${NAME}`)).headers.etag, merged.headers.etag].with(0, added.headers.etag as string))
  t.equal(second.etag_before, first.etag_after)
  t.ok(second.write.seq_no > first.write.seq_no)
  for (const base of API_BASES) t.same((await app.inject(`${base}/container/history?id=${NAME}`)).json(), body, base)
})

t.test('a name that is gone has its history, and one that never was has none', async t => {
  const { app, post, history } = await service(t)
  await post('container/add', CONTAINER)
  await app.inject(`/container/remove?id=${NAME}`)
  t.match((await history(`id=${NAME}`)).json().result.changes, [{ operation: 'remove', after: null, etag_after: null }, { operation: 'add' }])
  t.same((await history('id=never')).json(), { success: true, message: '', result: { changes: [], before: null } })
})

t.test('specifications of both kinds have theirs', async t => {
  const { post, history } = await service(t)
  for (const kind of ['job_spec', 'hysds_io']) {
    await post(`${kind}/add`, { spec: '{"id": "a:1", "n": 12345678901234567890123}' })
    const answer = await history('id=a:1', kind)
    t.match(answer.json().result.changes, [{ operation: 'add', resource: kind }])
    t.match(answer.payload, '12345678901234567890123')
  }
})

t.test('older changes are asked for by what a page gave', async t => {
  const { post, history } = await service(t)
  for (const version of ['1', '2', '3', '4', '5']) await post('container/add', { ...CONTAINER, version })
  const first = (await history(`id=${NAME}&limit=2`)).json().result
  t.same(first.changes.map((change: { after: { version: string } }) => change.after.version), ['5', '4'])
  const second = (await history(`id=${NAME}&limit=3&before=${first.before}`)).json().result
  t.same(second.changes.map((change: { after: { version: string } }) => change.after.version), ['3', '2', '1'])
  t.equal(second.before, null)
})

t.test('what is no id, limit or cursor is refused by name', async t => {
  const { history } = await service(t)
  for (const [query, code, parameter] of [
    ['', 'PARAMETER_MISSING', 'id'], ['id=.', 'ID_INVALID', 'id'],
    ['id=a&limit=0', 'PARAMETER_INVALID', 'limit'], ['id=a&limit=1001', 'PARAMETER_INVALID', 'limit'], ['id=a&limit=x', 'PARAMETER_INVALID', 'limit'],
    ['id=a&before=x', 'PARAMETER_INVALID', 'before']
  ] as const) {
    const answer = await history(query)
    t.equal(answer.statusCode, 400, query)
    t.match(answer.json(), { success: false, result: { code, parameter } }, query)
  }
})
