import { request } from 'node:http'
import { json } from 'node:stream/consumers'
import t from 'tap'
import { CONTAINER, form, testApp } from '../app.js'

const ADD = { method: 'POST', url: '/container/add' } as const

t.test('a request with more than 1000 headers is refused, none of them being left out', async t => {
  const app = await testApp(t)
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const { host } = new URL(url)
  const ask = async (count: number) => {
    const headers = ['Host', host, 'Connection', 'close', ...Array.from({ length: count - 2 }, (_, n) => [`X-H${n}`, '1']).flat()]
    return await new Promise((resolve, reject) => {
      request(`${url}/container/list`, { headers, setDefaultHeaders: false } as object, async answer => resolve([answer.statusCode, await json(answer)]))
        .on('error', reject).end()
    })
  }
  t.match(await ask(1000), [200, { success: true }])
  for (const count of [1001, 1500, 5000]) t.match(await ask(count), [413, { message: 'the request has more than 1000 headers' }], `${count}`)
})

t.test('a query or a form with more than 1000 parameters is refused', async t => {
  const app = await testApp(t)
  const pairs = (count: number) => [...Array.from({ length: count - 1 }, (_, n) => `k${n}=1`), 'id=x'].join('&')
  t.equal((await app.inject(`/container/info?${pairs(1000)}`)).statusCode, 404, 'the last one is read')
  const query = await app.inject(`/container/info?${pairs(1001)}`)
  t.match([query.statusCode, query.headers['x-error-code'], query.json().message], [413, 'TOO_LARGE', 'the query has more than 1000 parameters'])
  const body = await app.inject({ ...ADD, payload: pairs(1001), headers: form({}).headers })
  t.match([body.statusCode, body.json().message], [413, 'the form has more than 1000 fields'])
})

const BOUNDARY = 'sizes'
const part = (name: string, value: string) => `--${BOUNDARY}\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`
const sent = (...parts: string[]) => ({
  payload: `${parts.join('')}--${BOUNDARY}--\r\n`, headers: { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` }
})
const WHOLE = Object.entries(CONTAINER).map(([name, value]) => part(name, value))

t.test('a part without a name is none of the fields', async t => {
  const app = await testApp(t)
  const nameless = `--${BOUNDARY}\r\ncontent-disposition: form-data\r\n\r\nx\r\n`
  t.equal((await app.inject({ ...ADD, ...sent(nameless, ...WHOLE) })).statusCode, 200)
})

t.test('a form with too many parts or too long a name is refused whole, though what it registers comes first', async t => {
  const app = await testApp(t)
  const cases: ReadonlyArray<[parts: string[], message: string]> = [
    [Array.from({ length: 1000 }, (_, n) => part(`k${n}`, '')), 'the form has more than 1000 parts'],
    [[part('n'.repeat(1025), '')], 'the name of a field is longer than 1024 characters']
  ]
  for (const [more, message] of cases) {
    const answer = await app.inject({ ...ADD, ...sent(...WHOLE, ...more) })
    t.match([answer.statusCode, answer.headers['x-error-code'], answer.json().message], [413, 'TOO_LARGE', message])
  }
  t.strictSame((await app.inject('/container/list')).json().result, [])
  t.equal((await app.inject({ ...ADD, ...sent(...WHOLE, part('n'.repeat(1024), '')) })).statusCode, 200)
})

t.test('the form of an upload holds little beside its files', async t => {
  const app = await testApp(t)
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const file = '--sizes\r\ncontent-disposition: form-data; name="vax"; filename="x"\r\n\r\n\r\n'
  const cases: ReadonlyArray<[parts: string[], message: string]> = [
    [Array.from({ length: 101 }, (_, n) => part(`k${n}`, '')), 'the form has more than 100 fields'],
    [[part('version', 'x'.repeat(64 * 1024 + 1))], 'the field version is longer than 65536 bytes'],
    [[part('n'.repeat(1025), '')], 'the name of a field is longer than 1024 characters'],
    [Array(201).fill('--sizes\r\nx-nothing: 1\r\n\r\n\r\n'), 'the form has more than 200 parts']
  ]
  for (const [parts, message] of cases) {
    const { payload: body, headers } = sent(...parts, file)
    const answer = await fetch(`${url}/container/upload`, { method: 'POST', body, headers })
    t.match([answer.status, await answer.json()], [413, { message, result: { code: 'TOO_LARGE' } }], message)
  }
})
