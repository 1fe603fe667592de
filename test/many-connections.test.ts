import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { performance } from 'node:perf_hooks'
import { text } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { CONTAINER, form, temporaryFolder } from './app.js'
import { Connection, getRequest, postRequest } from './bench/connection.js'
import { startService } from './service.js'

const INFO = getRequest(`/api/v0.1/container/info?id=${encodeURIComponent(CONTAINER.name)}`)
const SLOW = 1000
const KEPT = 5000
const AT_ONCE = 500

async function withContainer (t: Test, env: Record<string, string> = {}) {
  const { url } = await startService(t, { LEPORELLO_DATA_DIR: await temporaryFolder(t), ...env })
  const connection = await Connection.open(url)
  await connection.send(postRequest('/container/add', form(CONTAINER).payload))
  connection.close()
  return url
}

t.test(`${SLOW} clients that send a byte a second keep nobody waiting, and are all told that it takes too long`, async t => {
  const url = await withContainer(t, { LEPORELLO_REQUEST_TIMEOUT_MS: '8000' })
  const alone = await asked(url, 300)
  const { hostname, port } = new URL(url)
  const slow = await Promise.all(Array.from({ length: SLOW }, async () => {
    const socket = connect(Number(port), hostname).on('error', () => {})
    t.teardown(() => socket.destroy())
    await once(socket, 'connect')
    socket.write('POST /container/merge HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: 100000\r\n\r\n')
    return { socket, answer: text(socket) }
  }))
  const sending = setInterval(() => { for (const { socket } of slow) if (socket.writable) socket.write('x') }, 1000)
  t.teardown(() => clearInterval(sending))
  const amongThem = await asked(url, 300)
  t.comment(`p99 of container/info: ${alone.p99} ms alone, ${amongThem.p99} ms among ${SLOW} slow senders`)
  t.ok(slow.every(({ socket }) => !socket.destroyed && socket.bytesRead === 0), 'all of them were still sending')
  // Whoever has been answered stops, and so lets the connection end.
  for (const { socket } of slow) socket.once('data', () => { socket.end() })
  const answers = await Promise.all(slow.map(({ answer }) => answer))
  t.equal(answers.filter(answer => /^HTTP\/1\.1 408 [^]*REQUEST_TIMED_OUT/.test(answer)).length, SLOW)
  await asked(url, 10)
})

const descriptors = Number(/^Max open files\s+(\d+)/m.exec(await readFile('/proc/self/limits', 'utf8').catch(() => ''))?.[1] ?? 0)
const lacks = descriptors < KEPT + 500 && `a process may open ${descriptors} files here; ${KEPT + 500} are needed`

t.test(`${KEPT} connections are kept, and each is answered again`, { skip: process.env['CI'] === undefined && lacks }, async t => {
  const url = await withContainer(t)
  const connections: Connection[] = []
  t.teardown(() => { for (const connection of connections) connection.close() })
  while (connections.length < KEPT) {
    const next = await Promise.all(Array.from({ length: AT_ONCE }, async () => await Connection.open(url)))
    connections.push(...next)
    await Promise.all(next.map(connection => connection.send(INFO)))
  }
  const { p99 } = await asked(url, 300)
  t.comment(`p99 of container/info: ${p99} ms among ${KEPT} connections that are kept`)
  // Rejects unless it is the same connection that answers, with a 200.
  for (let from = 0; from < KEPT; from += AT_ONCE) {
    await Promise.all(connections.slice(from, from + AT_ONCE).map(connection => connection.send(INFO)))
  }
  t.equal(connections.length, KEPT)
})

/** How long requests take, one after another on four connections; each is answered with 200, or it rejects. */
async function asked (url: string, count: number): Promise<{ readonly p99: string }> {
  const took: number[] = []
  await Promise.all(Array.from({ length: 4 }, async () => {
    const connection = await Connection.open(url)
    while (took.length < count) {
      const sent = performance.now()
      await connection.send(INFO)
      took.push(performance.now() - sent)
    }
    connection.close()
  }))
  took.sort((a, b) => a - b)
  return { p99: took[Math.floor(took.length * 0.99)]!.toFixed(1) }
}
