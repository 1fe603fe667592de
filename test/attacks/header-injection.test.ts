import t from 'tap'
import { tarballOf } from '../uploads/tarballs.js'
import { attackedSite, statusesOf } from './stand-in-mozart.js'

const EVIL = 'X-Evil: 1'

/** The heads of the answers only. */
function headsOf (answers: string): string {
  return answers.split('HTTP/1.1 ').map(answer => answer.split('\r\n\r\n')[0]).join('\n')
}

function get (target: string, headers = ''): string {
  return `GET ${target} HTTP/1.1\r\nHost: localhost\r\n${headers}Connection: close\r\n\r\n`
}

t.test('a registration whose name is made to end a header is refused, or its tarball has the headers of any other', async t => {
  const site = await attackedSite(t, { LEPORELLO_ALLOW_LENIENT: '1' })
  const names = ['"quoted";x=1:1.0', 'ünïcödé-漢字-😀:1', 'a%0d%0aX-Evil: 1:1', 'a; filename="b":1', 'a\\":1', '<a>:1', 'a b\'c,d:1',
    'a\r\nX-Evil: 1:1', 'a\nX-Evil: 1:1', 'a\0b:1', 'a\u2028X-Evil: 1:1', '\u560d\u560aX-Evil: 1:1']
  let served = 0
  for (const name of names) {
    const query = new URLSearchParams({ name, version: name, verify: 'lenient' })
    const answer = await fetch(`${site.url}/container/upload?${query}`, { method: 'PUT', body: tarballOf('plain:1') })
    const { result } = await answer.json() as { result: { url?: string } }
    t.ok([200, 400, 422].includes(answer.status), `${encodeURIComponent(name)}: ${answer.status}`)
    t.notOk(answer.headers.has('x-evil'))
    for (const path of ['container/info', 'container/history', 'container/resolve', 'container/remove']) {
      const heads = headsOf(await site.exchange(get(`/${path}?id=${encodeURIComponent(name)}&architecture=amd64`)))
      t.notMatch(heads, /^x-evil/im, `${path} of ${encodeURIComponent(name)}`)
    }
    if (result?.url === undefined) continue
    const heads = headsOf(await site.exchange(get(new URL(result.url).pathname)))
    t.notMatch(heads, /^x-evil/im)
    served++
  }
  t.comment(`${served} of ${names.length} names were taken`)
})

t.test('no header of the tarball route holds what the path says', async t => {
  const site = await attackedSite(t)
  const name = 'container-plain:1.0'
  const stored = await fetch(`${site.url}/container/upload?${new URLSearchParams({ name, version: '1.0' })}`, { method: 'PUT', body: tarballOf(name) })
  const { result: { url } } = await stored.json() as { result: { url: string } }
  const { pathname } = new URL(url)
  t.match(headsOf(await site.exchange(get(pathname))), /200 OK[^]*etag: "[0-9a-f]{64}"\r\n[^]*repr-digest: sha-256=:[\w+/]+=*:\r\n/)
  const endings = ['%0d%0aX-Evil:%201', '%0aX-Evil:%201', '%E5%98%8D%E5%98%8AX-Evil:%201', '%22;x=%22', '%00', '%c3%bc', '%ff', '?a=%0d%0aX-Evil:%201']
  for (const ending of endings) {
    const answer = await site.exchange(get(`${pathname}${ending}`))
    t.match(statusesOf(answer), [ending.startsWith('?') ? 200 : /40[04]/], ending)
    t.notMatch(headsOf(answer), /^x-evil/im, ending)
  }
})

t.test('what a request says of itself is in no header of the answer but its id, and that only where it is a plain one', async t => {
  const site = await attackedSite(t)
  for (const header of [`X-Request-Id: z\r${EVIL}\r\n`, `X-Request-Id: z\n${EVIL}\r\n`, `X-Request-Id: z\r\n ${EVIL}\r\n`, `X-Request-Id: z\0${EVIL}\r\n`]) {
    const answer = await site.exchange(get('/container/list', header))
    t.notMatch(headsOf(answer), /^x-evil|^x-request-id: z/im, JSON.stringify(header))
    t.notMatch(statusesOf(answer), [200])
  }
  for (const id of [`a%0d%0a${EVIL}`, 'a"b', 'a b', 'ü', '\u00e5\u0098\u008d', 'a'.repeat(5000), 'a\tb', '{"a":1}']) {
    const answer = await site.exchange(get('/container/list', `X-Request-Id: ${id}\r\n`))
    t.match(headsOf(answer), /^x-request-id: [0-9a-f-]{36}\r$/im, JSON.stringify(id.slice(0, 20)))
    t.notMatch(headsOf(answer), /x-evil/i)
  }
})

t.test('no path, prefix or host that is sent ends a header of a redirect or of a link', async t => {
  const site = await attackedSite(t)
  const targets = ['/api/v0.1%0d%0aX-Evil:%201', '/api/v0.1/%0d%0aX-Evil:%201', '//evil.example/%0d%0aX-Evil:%201', '/swaggerui/%0d%0aX-Evil:%201', '/api/v0.1/doc?a=%0d%0aX-Evil:%201', '/api/v0.1/doc', '/']
  const headers = ['', 'X-Script-Name: /a%0d%0aX-Evil: 1\r\n', 'X-Script-Name: //evil.example\r\n', 'X-Forwarded-Host: evil.example%0d%0aX-Evil: 1\r\n', 'X-Forwarded-Proto: javascript%0d%0a\r\n']
  for (const target of targets) {
    for (const header of headers) {
      const heads = headsOf(await site.exchange(get(target, header)))
      t.notMatch(heads, /^x-evil/im, `${target} ${JSON.stringify(header)}`)
      t.notMatch(heads, /^location: (?:\/\/|\w+:\/\/evil)/im, `${target} ${JSON.stringify(header)}`)
    }
  }
})
