import t from 'tap'
import { CONTAINER, form, testApp } from '../app.js'

const BASES = ['/api/v0.1', '/api/v0.2', '']

t.test('both forms of every route stand under every base', async t => {
  const app = await testApp(t)
  for (const base of BASES) {
    for (const path of ['/container/add', '/container']) {
      t.equal((await app.inject({ method: 'POST', url: base + path, ...form(CONTAINER) })).statusCode, 200, base + path)
    }
    for (const path of ['/container/info', '/container']) {
      const answer = await app.inject(`${base}${path}?id=${CONTAINER.name}`)
      t.equal(answer.json().result.urls, CONTAINER.urls, base + path)
    }
    t.same((await app.inject(`${base}/container/list`)).json().result, [CONTAINER.name])
    t.equal((await app.inject(`${base}/container/remove?id=${CONTAINER.name}`)).statusCode, 200, base)
    t.equal((await app.inject({ method: 'DELETE', url: `${base}/container?id=${CONTAINER.name}` })).statusCode, 404, base)
  }
})

t.test('a complete urls text is kept byte for byte, an incomplete one completed', async t => {
  const app = await testApp(t)
  const stored = async (urls: string) => {
    await app.inject({ method: 'POST', url: '/container/add', ...form({ ...CONTAINER, urls }) })
    return (await app.inject(`/container/info?id=${CONTAINER.name}`)).json().result
  }
  const odd = '{ "amd64":"u" ,"x86_64" : "u"}'
  t.equal((await stored(odd)).urls, odd)
  t.match(await stored('{"arm64": "u"}'), { urls: '{"arm64": "u", "aarch64": "u"}', url: null })
  t.match(await stored('{"x86_64": "u"}'), { urls: '{"x86_64": "u", "amd64": "u"}', url: 'u' })
})

t.test('every refusal of add names what is wrong and stores nothing', async t => {
  const app = await testApp(t)
  const refusals: Record<string, [fields: Record<string, string>, code: string, message: RegExp]> = {
    'urls that is not JSON': [{ urls: 'not json' }, 'URLS_INVALID', /urls/],
    'urls that is a list': [{ urls: '[]' }, 'URLS_INVALID', /urls.*object/],
    'urls that is empty': [{ urls: '{}' }, 'URLS_INVALID', /urls/],
    'a url that is not text': [{ urls: '{"x86_64": 1}' }, 'URLS_INVALID', /x86_64/],
    'a url that is null': [{ urls: '{"arm64": null}' }, 'URLS_INVALID', /arm64/],
    'a url that is empty': [{ urls: '{"arm64": ""}' }, 'URL_INVALID', /arm64/],
    'an unknown architecture': [{ urls: '{"x86-46": "u"}' }, 'ARCHITECTURE_UNKNOWN', /x86-46.*x86-64/s],
    'two urls for one architecture': [{ urls: '{"x86_64": "u", "amd64": "v"}' }, 'URLS_INVALID', /x86_64.*amd64|amd64.*x86_64/],
    'a url that ends in a slash': [{ url: 's3://b/k/' }, 'URL_INVALID', /url/],
    'a name that is a dot': [{ name: '.' }, 'ID_INVALID', /name/],
    'a name of 513 bytes': [{ name: 'x'.repeat(513) }, 'ID_INVALID', /512/],
    'a name with a line break': [{ name: 'a\nb' }, 'ID_INVALID', /control/],
    'neither url nor urls of use': [{ url: '', urls: '' }, 'PARAMETER_MISSING', /url/]
  }
  for (const [why, [fields, code, message]] of Object.entries(refusals)) {
    const answer = await app.inject({ method: 'POST', url: '/api/v0.1/container/add', ...form({ ...CONTAINER, ...fields }) })
    t.equal(answer.statusCode, 400, why)
    t.equal(answer.headers['x-error-code'], code, `${why}: ${answer.body}`)
    t.match(answer.json(), { success: false, message, result: null }, why)
  }
  t.same((await app.inject('/container/list')).json().result, [])
})

t.test('a JSON body may hold urls as text or as an object', async t => {
  const app = await testApp(t)
  for (const urls of [CONTAINER.urls, JSON.parse(CONTAINER.urls)]) {
    const answer = await app.inject({ method: 'POST', url: '/container/add', payload: { ...CONTAINER, urls } })
    t.equal(answer.statusCode, 200, answer.body)
    const document = (await app.inject(`/container/info?id=${CONTAINER.name}`)).json().result
    t.same(JSON.parse(document.urls), JSON.parse(CONTAINER.urls))
  }
  const answer = await app.inject({ method: 'POST', url: '/container/add', payload: { ...CONTAINER, version: 1 } })
  t.equal(answer.statusCode, 400)
  t.match(answer.json().message, /version must be a string, not a number/)
})

t.test('a body that cannot be read is told from a missing parameter by its code alone', async t => {
  const app = await testApp(t)
  const codes = async (type: string, payload: string) => {
    const answer = await app.inject({ method: 'POST', url: '/container/add', payload, headers: { 'content-type': type } })
    t.match(answer.json().message, /^Parameters \(name, version, digest\)/)
    return [answer.statusCode, answer.headers['x-error-code']]
  }
  t.same(await codes('application/json', '{bad'), [400, 'BODY_NOT_UNDERSTOOD'])
  t.same(await codes('application/json', '[]'), [400, 'BODY_NOT_UNDERSTOOD'])
  t.same(await codes('text/plain', 'name=x'), [400, 'BODY_NOT_UNDERSTOOD'])
  t.same(await codes('nonsense', 'name=x'), [400, 'BODY_NOT_UNDERSTOOD'])
  t.same(await codes('multipart/form-data', 'x'), [400, 'BODY_NOT_UNDERSTOOD'])
  t.same(await codes('multipart/form-data; boundary=b', '--b\r\ncut'), [400, 'BODY_NOT_UNDERSTOOD'])
  t.same(await codes('multipart/form-data; boundary=b', '--b\r\nContent-Disposition: form-data; name="x"; filename="y"\r\n\r\ncut'),
    [400, 'BODY_NOT_UNDERSTOOD'], 'cut off within a file')
  t.same(await codes('application/json', ''), [400, 'PARAMETER_MISSING'])
  t.same(await codes('application/x-www-form-urlencoded', 'x=1'), [400, 'PARAMETER_MISSING'])
})

t.test('a listing of several pages is streamed, sorted, whole and in Mozart\'s spacing', async t => {
  // So many adds at once take their time on a busy machine.
  const app = await testApp(t, { env: { LEPORELLO_INDEX_TIMEOUT_MS: '60000' } })
  const ids = Array.from({ length: 12_000 }, (_, n) => `container-${String(n).padStart(5, '0')}:é`)
  // All at once they would not be answered in time by a machine that is busy.
  for (let at = 0; at < ids.length; at += 500) {
    await Promise.all(ids.slice(at, at + 500).map(name => app.inject({ method: 'POST', url: '/container/add', ...form({ ...CONTAINER, name }) })))
  }
  const answer = await app.inject('/container/list')
  t.equal(answer.headers['content-type'], 'application/json')
  t.same(answer.json(), { success: true, message: '', result: ids })
  t.ok(answer.body.startsWith(String.raw`{"success": true, "message": "", "result": ["container-00000:\u00e9", "container-`))
  t.ok(answer.body.endsWith('"]}\n'))
  const masked = await app.inject({ url: '/container/list', headers: { 'x-fields': 'result' } })
  t.same(masked.json(), { result: ids })
})

t.test('a version and a digest are 8 KiB at most, wherever they are sent', async t => {
  const app = await testApp(t)
  const [longest, tooLong] = ['é'.repeat(4096), `${'é'.repeat(4096)}x`]
  const merge = { name: 'c', architecture: 'arm64', url: 's3://b/a', version: '1' }
  for (const [url, fields] of [['/container/add', CONTAINER], ['/container/merge', merge]] as const) {
    for (const field of ['version', 'digest']) {
      const send = async (value: string) => await app.inject({ method: 'POST', url, ...form({ ...fields, [field]: value }) })
      t.equal((await send(longest)).statusCode, 200, `${url} ${field}`)
      const refused = await send(tooLong)
      t.match([refused.statusCode, refused.headers['x-error-code'], refused.json().message],
        [400, 'PARAMETER_INVALID', `${field} is 8193 bytes long; it may have 8192`], `${url} ${field}`)
    }
  }
  const upload = await app.inject({
    method: 'PUT', url: `/container/upload?name=c&version=${encodeURIComponent(tooLong)}`, headers: { 'content-type': 'application/octet-stream' }, payload: 'x'
  })
  t.match([upload.statusCode, upload.json().message], [400, 'version is 8193 bytes long; it may have 8192'])
})

t.test('an add says all that it assumed, as far as a client reads headers', async t => {
  const app = await testApp(t)
  const add = async (urls: object) => {
    const { statusCode, headers } = await app.inject({ method: 'POST', url: '/container/add', ...form({ ...CONTAINER, urls: JSON.stringify(urls) }) })
    t.equal(statusCode, 200)
    return [headers['warning'] ?? []].flat()
  }
  t.match(await add({ armhf: 's3://b/7', armel: 's3://b/6', amd64: 's3://b/x' }), [/^299 - ".*armhf.*arm\/v7/, /^299 - ".*armel.*arm\/v6/])
  const spellings = Array.from({ length: 32 }, (_, at) => Array.from('armhf', (letter, bit) => at >> bit & 1 ? letter.toUpperCase() : letter).join(''))
  t.equal((await add(Object.fromEntries(spellings.map(spelling => [spelling, 's3://b/7'])))).length, 10)
})
