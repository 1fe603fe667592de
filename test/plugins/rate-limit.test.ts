import t from 'tap'
import { basic, guardedApp } from '../access/guarded-app.js'
import { testApp } from '../app.js'

const LIST = '/container/list'
const HOUR = 3_600_000

t.test('who asks more often than they may hears when to come again, in the form of the route', async t => {
  const app = await testApp(t, { env: { LEPORELLO_RATE_LIMIT: '2' } })
  for (const url of [LIST, '/nosuch']) t.not((await app.inject(url)).statusCode, 429)
  const mozart = await app.inject(LIST)
  t.match([mozart.statusCode, mozart.headers['x-error-code']], [429, 'RATE_LIMITED'])
  t.ok(Number(mozart.headers['retry-after']) > 0 && Number(mozart.headers['retry-after']) <= 60)
  t.same(Object.keys(mozart.headers).filter(name => name.startsWith('x-ratelimit')), [], 'as Mozart\'s answers have none')
  t.strictSame(mozart.json(), {
    success: false, message: 'more than 2 requests in a minute came from the same user or address; try again later', result: null
  })
  t.match((await app.inject('/container/search')).json(), { success: false, result: { code: 'RATE_LIMITED' } })
  t.equal((await app.inject('/nosuch')).statusCode, 429, 'also where nothing is')
})

t.test('each address has its own share, a host with all its IPv6 addresses one', async t => {
  const app = await testApp(t, { env: { LEPORELLO_RATE_LIMIT: '1' } })
  const from = async (address: string) => (await app.inject({ url: LIST, remoteAddress: address })).statusCode
  t.equal(await from('192.0.2.1'), 200)
  t.equal(await from('192.0.2.2'), 200)
  t.equal(await from('192.0.2.1'), 429)
  t.equal(await from('::ffff:192.0.2.1'), 429)
  t.equal(await from('2001:db8::1'), 200)
  t.equal(await from('2001:db8::2'), 429)
  t.equal(await from('2001:db8:0:1::1'), 200)
})

t.test('what a proxy calls an address counts by its beginning, and no more of it is remembered', async t => {
  const app = await testApp(t, { env: { LEPORELLO_RATE_LIMIT: '1', LEPORELLO_TRUST_PROXY: '127.0.0.1' } })
  const from = async (address: string) => (await app.inject({ url: LIST, headers: { 'x-forwarded-for': address } })).statusCode
  t.equal(await from(`${'x'.repeat(100_000)}a`), 200)
  t.equal(await from(`${'x'.repeat(100_000)}b`), 429)
  t.equal(await from('192.0.2.1'), 200)
})

t.test('each user has their own share, wherever they come from, and takes none of their address', async t => {
  const app = await guardedApp(t, { LEPORELLO_RATE_LIMIT: '1', LEPORELLO_ANONYMOUS_READ: '1' })
  const as = async (user: string | undefined, address: string) => {
    const headers = user === undefined ? {} : { authorization: basic(user, 'secret') }
    return (await app.inject({ url: LIST, remoteAddress: address, headers })).statusCode
  }
  t.equal(await as('writer', '192.0.2.1'), 200)
  t.equal(await as('reader', '192.0.2.1'), 200)
  t.equal(await as(undefined, '192.0.2.1'), 200)
  t.equal(await as('writer', '192.0.2.2'), 429)
  t.equal(await as(undefined, '192.0.2.1'), 429)
})

t.test('health is answered however often it is asked', async t => {
  const app = await testApp(t, { env: { LEPORELLO_RATE_LIMIT: '1' } })
  for (let n = 0; n < 5; n++) {
    for (const url of ['/health/live', '/health/ready']) t.equal((await app.inject(url)).statusCode, 200)
  }
  t.equal((await app.inject(LIST)).statusCode, 200, 'and counts for nothing')
})

t.test('a clock that jumps, forth or back, neither lets through nor locks out', async t => {
  const app = await testApp(t, { env: { LEPORELLO_RATE_LIMIT: '1' } })
  const real = { day: Date.now, passed: performance.now }
  const ask = async (address: string) => (await app.inject({ url: LIST, remoteAddress: address })).statusCode
  for (const [n, jump] of [HOUR, -HOUR, 1000 * HOUR].entries()) {
    const address = `192.0.2.${n}`
    t.equal(await ask(address), 200)
    t.capture(Date, 'now', () => real.day() + jump)
    t.equal(await ask(address), 429, `still, ${jump} ms later by the clock`)
    Date.now = real.day
    t.equal(await ask(address), 429, 'and when it is set right')
  }
  t.capture(Date, 'now', () => real.day() - HOUR)
  t.equal(await ask('192.0.2.9'), 200)
  t.capture(performance, 'now', () => real.passed.call(performance) + 60_000)
  t.equal(await ask('192.0.2.9'), 200, 'a minute has passed, whatever the clock says')
})

t.test('with 0 nobody is counted', async t => {
  const app = await testApp(t, { env: { LEPORELLO_RATE_LIMIT: '0' } })
  for (let n = 0; n < 5; n++) t.equal((await app.inject(LIST)).statusCode, 200)
})
