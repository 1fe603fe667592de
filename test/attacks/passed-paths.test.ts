import t from 'tap'
import { attackedSite, statusesOf } from './stand-in-mozart.js'

/** Paths that some server on the way could read as one of ours, or as one outside of Mozart's base path. */
const NEVER_PASSED = [
  // Encoded, once and more often.
  '/%63ontainer/nothing', '/api/v0.1/%2563ontainer/nothing', '/api/v0.1/%252563ontainer/nothing', '/api%2fv0.1%2fcontainer%2fnothing',
  '/api%252fv0.1%252fcontainer%252fnothing', '/job/%2525252e', '/%u0063ontainer/nothing', '/job/%', '/job/%e', '/job/%zz',
  // Slashes of all kinds, doubled, with parameters between them.
  '//container/nothing', '/api//v0.1///container/nothing', '/\\container/nothing', '/api\\v0.1\\container\\nothing', '/api/v0.1%5ccontainer/nothing',
  '/;/container/nothing', '/api/v0.1/;x=y/container/nothing', '/api/v0.1;x/container/nothing', '/api;/v0.1/container;a=b/nothing', '/container;x/nothing',
  // Dots, which lead out of what is before them.
  '/job/../container/nothing', '/job/..', '/job/.', '/./container/nothing', '/..', '/../../etc/passwd', '/job/%2e%2e/%2e%2e/x', '/%2e%2e%2fx', '/.%2e/x',
  '/%252e%252e/x', '/%25252e%25252e/x', '/..%5cx', '/..\\x', '/job\\..\\..\\x', '/job/..;/x', '/job/..;a=b/x', '/job/%2e%2e;/x', '/job/.;/../x', '/x#/../y',
  '/%c0%ae%c0%ae/x', '/%e0%80%ae/x', '/job/..%00/x', '/job/..%2500/x',
  // What ends a path for one server and not for the other.
  '/container%00/nothing', '/container/nothing%00', '/api/v0.1/container%00', '/api/v0.1/container%2500', '/api/v0.1/container%0a', '/api/v0.1/container%0d%0a',
  '/api/v0.1/container%09', '/api/v0.1/container%c2%85', '/job/x%0d%0aX-A:%20b', '/job/x%0aGET%20/container/list', '/metrics%00x', '/health%00',
  '/api/v0.1//container#x', '/api//v0.1/job_spec#', '/job#/x', '/api/v0.1/%63ontainer%23x', '/api/v0.1/container%3Fa', '/api/v0.1/container%253Fa', '/%3fx', '/health%23',
  // Another case, another version.
  '/api/v0.1/Container/nothing', '/API/v0.1/container/nothing', '/api/v0.9/container/nothing', '/api/v0.10/job_spec/nothing', '/mozart/api/v0.1/hysds_io/nothing'
]

/** Others that look odd and are Mozart's; they reach it as they were written. */
const PASSED = [
  '/job/a%2fb', '/job/a%2Fb%20c', '/job/...', '/job/.hidden', '/job/..x', '/job/x..', '/job/caf%C3%A9', '//job//x', '/%2fjob', '/job;v=1/x', '/a/container/b',
  '/containers', '/job/x?next=/../container/add', '/job/x?a=%0d%0aX-A:%20b', '/job/x?a=%00', '/job/x?a=%zz', '/job/x??', '/job/x?a=http://evil.example/#y',
  '/job/%EF%BC%8Fcontainer', '/job/a%23b', '/job/what%3F', '/job/$&+,:@!*()\'~'
]

t.test('no path that anybody could read as ours, or as leading out of Mozart\'s, reaches Mozart', async t => {
  const site = await attackedSite(t)
  for (const path of NEVER_PASSED) {
    for (const method of ['GET', 'POST']) {
      const [status] = statusesOf(await site.exchange(`${method} ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`))
      t.ok([308, 400, 404, 405].includes(status ?? 0), `${method} ${path} is a ${status}`)
    }
  }
  t.equal(site.bytesSeen(), '')
})

t.test('what is odd but Mozart\'s reaches it to the letter, below its base path', async t => {
  const site = await attackedSite(t)
  for (const path of PASSED) {
    t.same(statusesOf(await site.exchange(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`)), [200], path)
  }
  t.same(site.seen.map(({ line }) => line), PASSED.map(path => `GET /mozart${path} `))
})

t.test('a name that a proxy gives the service leads nobody out either', async t => {
  const site = await attackedSite(t)
  for (const [name, path, seen] of [
    ['/mozart', '/mozart/../x', undefined], ['/mozart', '/mozart/container/nothing', undefined], ['/mozart', '/mozart/mozart/job', '/mozart/mozart/job'],
    ['/job', '/job/container/nothing', undefined], ['/..', '/../job/x', undefined], ['/.', '/./job/x', undefined], ['/x/..', '/x/../job/x', undefined],
    ['/..', '/container', undefined], ['/job', '/job//x', '/mozart//x']
  ] as const) {
    site.seen.length = 0
    await site.exchange(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nX-Script-Name: ${name}\r\nConnection: close\r\n\r\n`)
    t.same(site.seen.map(({ line }) => line), seen === undefined ? [] : [`GET ${seen} `], `${path} below ${name}`)
    for (const { rawHeaders } of site.seen) t.notMatch(rawHeaders.join(), /\.\./)
  }
})
