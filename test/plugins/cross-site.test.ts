import t from 'tap'
import { CONTAINER, form, testApp } from '../app.js'

const ADD = { method: 'POST' as const, url: '/container/add', ...form(CONTAINER) }

t.test('a page of another site changes nothing, and its own and those that are named may', async t => {
  const app = await testApp(t, { env: { LEPORELLO_ORIGINS: 'https://ops.example' } })
  const cases: Array<[headers: Record<string, string>, allowed: boolean]> = [
    [{}, true],
    [{ origin: 'http://evil.example' }, false],
    [{ origin: 'null' }, false],
    [{ origin: 'http://localhost:3000', 'sec-fetch-site': 'same-site' }, false],
    [{ origin: 'http://localhost:80', host: 'localhost' }, true],
    [{ origin: 'http://localhost', host: 'localhost:80' }, true],
    [{ origin: 'https://ops.example', 'sec-fetch-site': 'cross-site' }, true],
    [{ origin: 'http://leporello.test' }, true],
    [{ 'sec-fetch-site': 'cross-site' }, false],
    [{ 'sec-fetch-site': 'same-site' }, false],
    [{ 'sec-fetch-site': 'same-origin' }, true],
    [{ 'sec-fetch-site': 'none' }, true]
  ]
  for (const [headers, allowed] of cases) {
    const answer = await app.inject({ ...ADD, headers: { ...ADD.headers, ...headers } })
    t.equal(answer.statusCode, allowed ? 200 : 403, JSON.stringify(headers))
    if (!allowed) t.equal(answer.headers['x-error-code'], 'CROSS_SITE')
    t.equal((await app.inject({ url: '/container/list', headers })).statusCode, 200, 'reading is free')
  }
})

t.test('an image on a page of another site removes nothing', async t => {
  const app = await testApp(t)
  await app.inject(ADD)
  const removal = { url: `/container/remove?id=${CONTAINER.name}` }
  t.equal((await app.inject({ ...removal, headers: { 'sec-fetch-site': 'cross-site', 'sec-fetch-dest': 'image' } })).statusCode, 403)
  t.equal((await app.inject(removal)).statusCode, 200)
})

t.test('nor over http, where a browser says of an image or a link at most which page it is on', async t => {
  const app = await testApp(t, { env: { LEPORELLO_HOST: '0.0.0.0', LEPORELLO_ORIGINS: 'https://ops.example' } })
  const browser = { host: 'leporello.example:8888', 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36' }
  const cases: Array<[headers: Record<string, string>, allowed: boolean]> = [
    [browser, false],
    [{ ...browser, referer: 'http://evil.example/' }, false],
    [{ ...browser, referer: 'http://leporello.example/' }, false],
    [{ ...browser, referer: 'http://leporello.example:8888.evil.example/' }, false],
    [{ ...browser, referer: 'about:blank' }, false],
    [{ ...browser, referer: 'x' }, false],
    [{ host: browser.host, referer: 'http://evil.example/' }, false],
    [{ ...browser, referer: 'http://leporello.example:8888/api/v0.1/doc/' }, true],
    [{ ...browser, referer: 'https://ops.example/remove?x' }, true],
    [{ ...browser, 'sec-fetch-site': 'same-origin' }, true],
    [{ host: browser.host, 'user-agent': 'python-requests/2.32.3' }, true]
  ]
  for (const [headers, allowed] of cases) {
    await app.inject(ADD)
    const { statusCode } = await app.inject({ url: `/container/remove?id=${CONTAINER.name}`, headers })
    t.equal(statusCode, allowed ? 200 : 403, JSON.stringify(headers))
    t.equal((await app.inject({ url: `/container/info?id=${CONTAINER.name}`, headers })).statusCode, allowed ? 404 : 200, 'reading is free')
  }
  t.equal((await app.inject({ ...ADD, headers: { ...ADD.headers, ...browser } })).statusCode, 200, 'of a form they say the origin: this is no browser')
  t.equal((await app.inject({ ...ADD, headers: { ...ADD.headers, ...browser, referer: 'http://evil.example/' } })).statusCode, 403)
})

t.test('a service for this machine is not reached under somebody else\'s name', async t => {
  const app = await testApp(t)
  for (const host of ['localhost:8888', '127.0.0.1', '[::1]:8888', '127.8.8.8:1', 'leporello.test']) {
    t.equal((await app.inject({ url: '/container/list', headers: { host } })).statusCode, 200, host)
  }
  for (const host of ['rebound.example:8888', 'localhost.example', '10.0.0.1', '127.0.0.1.example']) {
    const answer = await app.inject({ url: '/container/list', headers: { host } })
    t.strictSame([answer.statusCode, answer.headers['x-error-code']], [403, 'HOST_UNKNOWN'], host)
  }
})

t.test('nor is one in a container, whose address is this machine\'s, by a browser that was led there', async t => {
  const app = await testApp(t, { env: { LEPORELLO_HOST: '0.0.0.0', LEPORELLO_PUBLIC_URL: 'http://localhost:8888' } })
  await app.inject(ADD)
  const browser = { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0' }
  const statuses = async (headers: Record<string, string>) => [
    (await app.inject({ url: '/container/list', headers })).statusCode, (await app.inject({ ...ADD, headers: { ...ADD.headers, ...headers } })).statusCode
  ]
  const rebound = { ...browser, host: 'rebound.example:8888', referer: 'http://rebound.example:8888/' }
  t.strictSame(await statuses(rebound), [403, 403])
  t.strictSame(await statuses({ host: rebound.host, origin: 'http://rebound.example:8888', 'user-agent': 'made up' }), [403, 403])
  t.equal((await app.inject({ url: `/container/remove?id=${CONTAINER.name}`, headers: rebound })).statusCode, 403)
  t.strictSame(await statuses({ ...browser, host: 'localhost:8888' }), [200, 200])
  t.strictSame(await statuses({ host: 'leporello:8888', 'user-agent': 'python-requests/2.32.3' }), [200, 200], 'other containers call it by its name')
})

t.test('a service for the network has the names that the network gives it', async t => {
  const app = await testApp(t, { env: { LEPORELLO_HOST: '0.0.0.0' } })
  t.equal((await app.inject({ url: '/container/list', headers: { host: 'any.example' } })).statusCode, 200)
})

t.test('what a page may send itself does not tell which name it was reached under', async t => {
  const rebound = { host: 'rebound.example:8888', 'x-forwarded-host': 'localhost', 'sec-fetch-site': 'same-origin' }
  const app = await testApp(t)
  await app.inject(ADD)
  for (const url of ['/container/list', `/container/remove?id=${CONTAINER.name}`]) {
    const answer = await app.inject({ url, headers: rebound })
    t.strictSame([answer.statusCode, answer.headers['x-error-code']], [403, 'HOST_UNKNOWN'], url)
  }
  const forNetwork = await testApp(t, { env: { LEPORELLO_HOST: '0.0.0.0' } })
  const foreign = { origin: 'http://evil.example', 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'http' }
  const answer = await forNetwork.inject({ ...ADD, headers: { ...ADD.headers, ...foreign } })
  t.strictSame([answer.statusCode, answer.headers['x-error-code']], [403, 'CROSS_SITE'])
})

t.test('behind a proxy that asks under this machine\'s name, its own name counts', async t => {
  const app = await testApp(t, { env: { LEPORELLO_PUBLIC_URL: 'https://catalogue.example' } })
  const proxied = { host: '127.0.0.1:8888', 'x-forwarded-host': 'catalogue.example', 'x-forwarded-proto': 'https', origin: 'https://catalogue.example' }
  t.equal((await app.inject({ ...ADD, headers: { ...ADD.headers, ...proxied } })).statusCode, 200)
  t.equal((await app.inject({ ...ADD, headers: { ...ADD.headers, ...proxied, 'x-forwarded-host': 'evil.example' } })).statusCode, 403)
})

t.test('an origin or a host longer than any is nobody\'s, and nobody reads it', async t => {
  const app = await testApp(t, { env: { LEPORELLO_HOST: '0.0.0.0' } })
  const canParse = t.capture(URL, 'canParse', URL.canParse)
  const long = `${'%E4%B8%80'.repeat(100)}.example`
  for (const headers of [{ origin: `http://${long}`, host: 'a.example' }, { origin: `http://${long}`, host: long }, { origin: 'http://a.example', host: long }]) {
    const answer = await app.inject({ ...ADD, headers: { ...ADD.headers, ...headers } })
    t.strictSame([answer.statusCode, answer.headers['x-error-code']], [403, 'CROSS_SITE'])
  }
  t.strictSame(canParse().filter(({ args: [url] }) => String(url).includes(long)), [])
})
