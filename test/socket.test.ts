import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { CONTAINER, form, testApp } from './app.js'

/** What `inject` cannot show: bytes on a socket. */
async function listening (t: Test) {
  const app = await testApp(t)
  const { port } = new URL(await app.listen({ host: '127.0.0.1', port: 0 }))
  return {
    app,
    dial (): Socket {
      const socket = connect(Number(port), '127.0.0.1')
      t.teardown(() => socket.destroy())
      return socket
    }
  }
}

t.test('a specification of 600 KB goes through the query', async t => {
  const { dial } = await listening(t)
  const socket = dial()
  const spec = JSON.stringify({ id: 'job:1', text: 'x'.repeat(600_000) })
  socket.write(`POST /job_spec/add?spec=${encodeURIComponent(spec)} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`)
  t.match(await text(socket), /^HTTP\/1\.1 200 OK/)
})

t.test('headers over 1 MiB are a 431', async t => {
  const { dial } = await listening(t)
  const socket = dial()
  socket.write(`GET /container/info?id=${'x'.repeat(1024 * 1024 + 100)} HTTP/1.1\r\nHost: localhost\r\n\r\n`)
  t.match(await text(socket), /^HTTP\/1\.1 431 [^]*"message":"The request line and headers are larger than 1 MiB/)
})

t.test('who sends far more than headers may be sees that answer, and no connection reset', async t => {
  const { dial } = await listening(t)
  const socket = dial()
  // As clients do that read nothing before all is sent.
  socket.pause()
  const request = `GET /container/info?id=${'x'.repeat(8 * 1024 * 1024)} HTTP/1.1\r\nHost: localhost\r\n\r\n`
  await new Promise((resolve, reject) => { socket.once('error', reject).write(request, resolve) })
  t.match(await text(socket), /^HTTP\/1\.1 431 /)
})

t.test('what is not HTTP is a 400 in JSON', async t => {
  const { dial } = await listening(t)
  const socket = dial()
  socket.write('hello\r\n\r\n')
  t.match(await text(socket), /^HTTP\/1\.1 400 [^]*application\/json[^]*"message"/)
})

t.test('a body that is announced too large is refused before it is sent, and the connection closed', async t => {
  const { dial } = await listening(t)
  const socket = dial()
  socket.write(`POST /container/add HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${17 * 1024 * 1024}\r\n\r\n{`)
  const answer = await text(socket)
  t.match(answer, /^HTTP\/1\.1 413 /)
  t.match(answer, /x-error-code: TOO_LARGE/i)
  t.match(answer, /connection: close/i)
  t.match(answer, /"success": false, "message": "the body is larger than 16 MiB"/)
})

t.test('a chunked body that grows too large is refused', async t => {
  const { dial } = await listening(t)
  const socket = dial()
  socket.on('error', () => {})
  socket.write('POST /container/add HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n')
  const chunk = Buffer.concat([Buffer.from('100000\r\n'), Buffer.alloc(0x100000, 'x'), Buffer.from('\r\n')])
  for (let n = 0; n < 17; n++) socket.write(chunk)
  const [first] = await once(socket, 'data')
  t.match(String(first), /^HTTP\/1\.1 413 /)
})

t.test('a keep-alive connection carries one request after another, forms on GET included', async t => {
  const { dial } = await listening(t)
  const socket = dial()
  const send = async (head: string, body: string) => {
    socket.write(`${head} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
    const [data] = await once(socket, 'data')
    return String(data)
  }
  const id = encodeURIComponent(CONTAINER.name)
  t.match(await send('POST /container/add', new URLSearchParams(CONTAINER).toString()), / 200 OK/)
  t.match(await send('GET /container/info', `id=${id}`), /"id": "container-hello:1.0"/)
  t.match(await send('GET /nosuch', 'id=x'), / 404 Not Found/)
  t.match(await send('PUT /container/add', 'id=x'), / 405 /)
  t.match(await send('DELETE /container', `id=${id}`), /job_spec deleted/)
})

const WAYS_TO_LEAVE: Record<string, (socket: Socket) => void> = {
  'ends its half of the connection': socket => { socket.end() },
  'closes the connection': socket => { socket.destroy() },
  'resets the connection': socket => { socket.resetAndDestroy() }
}

for (const [way, leave] of Object.entries(WAYS_TO_LEAVE)) {
  t.test(`a client that ${way} in the middle of a body leaves nothing`, async t => {
    const { app, dial } = await listening(t)
    const arrived: Promise<IncomingMessage[]> = once(app.server, 'request')
    const socket = dial()
    // What is sent would do for a registration, if it were taken for the whole.
    const { payload, headers } = form(CONTAINER)
    socket.write(`POST /container/add HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${headers['content-type']}\r\n` +
      `Content-Length: ${payload.length + 1}\r\n\r\n${payload}`)
    const [request] = await arrived
    const gone = new Promise(resolve => request?.once('close', resolve))
    leave(socket)
    await gone
    // Whatever is still done for the one that left is done before a registration that comes after it.
    const after = await app.inject({ method: 'POST', url: '/container/add', ...form({ ...CONTAINER, name: 'after:1' }) })
    t.equal(after.statusCode, 200)
    t.same((await app.inject('/container/list')).json().result, ['after:1'])
  })
}
