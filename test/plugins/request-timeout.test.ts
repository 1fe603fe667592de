import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { CONTAINER, form, testApp } from '../app.js'

const { payload, headers } = form(CONTAINER)
const HEAD = `POST /container/add HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${headers['content-type']}\r\n`

async function listening (t: Test) {
  const app = await testApp(t, { env: { LEPORELLO_REQUEST_TIMEOUT_MS: '500' } })
  const { port } = new URL(await app.listen({ host: '127.0.0.1', port: 0 }))
  const dial = async () => {
    const socket = connect(Number(port), '127.0.0.1').on('error', () => {})
    t.teardown(() => socket.destroy())
    await once(socket, 'connect')
    return socket
  }
  return { app, dial }
}

/** A byte at a time, until the other side has had enough. */
function trickle (socket: Socket, bytes: string): void {
  let at = 0
  const timer = setInterval(() => { if (at < bytes.length) socket.write(bytes[at++]!) }, 50)
  socket.once('data', () => clearInterval(timer)).once('close', () => clearInterval(timer))
}

t.test('a body that comes byte by byte is a 408 that registers nothing, be the rest sent after it', async t => {
  const { app, dial } = await listening(t)
  for (const sized of [true, false]) {
    const socket = await dial()
    socket.write(HEAD + (sized ? `Content-Length: ${payload.length}\r\n\r\n` : `Transfer-Encoding: chunked\r\n\r\n${payload.length.toString(16)}\r\n`))
    trickle(socket, payload.slice(0, 100))
    const answer = text(socket)
    const [first] = await once(socket, 'data')
    t.match(String(first), /^HTTP\/1\.1 408 [^]*x-error-code: REQUEST_TIMED_OUT/i)
    socket.write(payload)
    t.match(await answer, /connection: close[^]*"message": "the body took more than 0\.5 s to arrive"/i)
  }
  t.strictSame((await app.inject('/container/list')).json().result, [])
})

t.test('a head that comes byte by byte is a 408', async t => {
  const { dial } = await listening(t)
  const socket = await dial()
  trickle(socket, `${HEAD}X-Filler: ${'x'.repeat(1000)}`)
  t.match(await text(socket), /^HTTP\/1\.1 408 [^]*"message":"The request did not arrive in time\."/)
})

t.test('a body that comes in time is taken, and the connection goes on', async t => {
  const { dial } = await listening(t)
  const socket = await dial()
  for (const half of [payload.length >> 1, 1]) {
    socket.write(`${HEAD}Content-Length: ${payload.length}\r\n\r\n${payload.slice(0, half)}`)
    setTimeout(() => { socket.write(payload.slice(half)) }, 50)
    const [answer] = await once(socket, 'data')
    t.match(String(answer), /^HTTP\/1\.1 200 /)
  }
})
