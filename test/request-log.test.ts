import { get } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { accessFiles, CREDENTIALS } from './access/guarded-app.js'
import { temporaryFolder } from './app.js'
import { startService } from './service.js'

const TRACE = '0af7651916cd43dd8448eb211c80319c'

t.test('a line tells who sent a request, under which id and as part of which trace', async t => {
  const service = await startService(t, { ...await accessFiles(t), LEPORELLO_DATA_DIR: await temporaryFolder(t) })
  const lineOf = async (id: string, headers: Record<string, string>) => {
    const answer = await fetch(`${service.url}/container/list`, { headers: { 'x-request-id': id, ...headers } })
    t.equal(answer.headers.get('x-request-id'), id)
    return await service.logged(({ msg, reqId }) => msg === 'request' && reqId === id)
  }
  const known = await lineOf('one', { authorization: CREDENTIALS.writer, traceparent: `00-${TRACE}-b7ad6b7169203331-01` })
  t.match(known, { method: 'GET', route: '/container/list', path: '/container/list', status: 200, client: '127.0.0.1', caller: 'writer', traceId: TRACE })
  const token = await lineOf('two', { authorization: CREDENTIALS['reading token'], traceparent: 'none' })
  t.match(token, { status: 200, caller: 'reading' })
  t.equal(token['traceId'], undefined)
  t.match(await lineOf('three', { authorization: CREDENTIALS['wrong password'] }), { status: 401, code: 'UNAUTHORIZED', caller: 'anonymous' })
  await service.stop()
})

t.test('a path, a reason or an address made to take long to look into holds nobody up', async t => {
  const service = await startService(t, { LEPORELLO_DATA_DIR: await temporaryFolder(t) })
  const { port } = new URL(service.url)
  const long = `token${'/'.repeat(900_000)}`
  const ask = async (id: string, path: string, host: string, client = '') => {
    const headers = { 'x-request-id': id, host, 'x-forwarded-for': client }
    await new Promise<void>((resolve, reject) => {
      get({ host: '127.0.0.1', port, path, headers }, answer => { answer.resume().once('end', resolve) }).once('error', reject)
    })
    return await service.logged(({ msg, reqId }) => msg === 'request' && reqId === id)
  }
  t.match(await ask('path', `/${long}`, 'localhost'), { status: 404 })
  t.match(await ask('host', '/container/list', long), { status: 403, code: 'HOST_UNKNOWN' })
  t.match(await ask('client', '/container/info', 'localhost', long), { status: 400, client: /^token\/{95}$/ })
  await service.stop()
})

t.test('what cannot be read as a request has a line as well, under the id that the answer has', async t => {
  const service = await startService(t, { LEPORELLO_DATA_DIR: await temporaryFolder(t), LEPORELLO_REQUEST_TIMEOUT_MS: '500' })
  const { port } = new URL(service.url)
  const send = async (bytes: string) => {
    const socket = connect(Number(port), '127.0.0.1')
    socket.write(bytes)
    const answer = await text(socket)
    const id = /^x-request-id: (\S+)\r$/im.exec(answer)?.[1]
    return { answer, line: await service.logged(({ msg, reqId }) => msg === 'request' && reqId === id) }
  }
  const cases: Array<[bytes: string, status: number, reason: RegExp]> = [
    ['hello\r\n\r\n', 400, /not HTTP .* \(HPE_INVALID_\w+\)$/],
    [`GET /container/info?id=${'x'.repeat(1024 * 1024 + 100)} HTTP/1.1\r\nHost: localhost\r\n\r\n`, 431, /larger than 1 MiB/],
    ['GET /container/list HTTP/1.1\r\nHost: loc', 408, /did not arrive in time/]
  ]
  for (const [bytes, status, reason] of cases) {
    const { answer, line } = await send(bytes)
    t.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `))
    t.match(line, { status, reason, client: '127.0.0.1' })
  }
  await service.stop()
  t.equal(service.log.filter(({ msg }) => msg === 'request').length, cases.length)
})

t.test('a request whose body is no longer HTTP has one line', async t => {
  const service = await startService(t, { LEPORELLO_DATA_DIR: await temporaryFolder(t) })
  const socket = connect(Number(new URL(service.url).port), '127.0.0.1')
  socket.write('POST /container/add HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\nno size\r\n')
  t.match(await text(socket), /^HTTP\/1\.1 400 /)
  await service.logged(({ msg }) => msg === 'request')
  await service.stop()
  t.match(service.log.filter(({ msg }) => msg === 'request'), [{ method: 'POST', route: '/container/add' }])
})
