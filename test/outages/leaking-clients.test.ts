import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import t from 'tap'
import { CONTAINER, temporaryFolder } from '../app.js'
import { startService, type Service } from '../service.js'
import { openIn } from '../uploads/descriptors.js'

const CLIENTS = 400
const MIB = 1024 * 1024

/** A list of all names is so long then. */
const NAMES = 400
const NAME_BYTES = 480

/** What they may cost together; the answers that they have asked for are several times as much. */
const MOST_BYTES = 150 * MIB

/** What clients do that never come to an end. */
const LEAKS: Readonly<Record<string, (socket: Socket) => void>> = {
  'say nothing': () => {},
  'begin a head and say no more': socket => { socket.write('GET /container/list HTTP/1.1\r\nhost: ') },
  'begin a body and say no more': socket => {
    socket.write(`POST /container/add HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${16 * MIB}\r\n\r\n${'name=x&'.repeat(1000)}`)
  },
  'never read what they ask for, again and again': socket => {
    socket.pause()
    socket.write('GET /container/list HTTP/1.1\r\nhost: localhost\r\n\r\n'.repeat(8))
  }
}

t.test('clients that leak connections cost little, keep nobody out, and nothing is left of them', async t => {
  const service = await startService(t, { LEPORELLO_DATA_DIR: await temporaryFolder(t) })
  for (let n = 0; n < NAMES; n++) {
    const body = new URLSearchParams({ ...CONTAINER, name: `${n}`.padStart(NAME_BYTES, 'container-') })
    t.equal(await statusOf(fetch(`${service.url}/container/add`, { method: 'POST', body })), 200)
  }
  const rest = await descriptorsOf(service)
  for (const [what, leak] of Object.entries(LEAKS)) {
    await t.test(`that ${what}`, async t => {
      const before = await memoryOf(service)
      const clients = await gather(service, leak)
      for (let n = 0; n < 20; n++) t.equal(await statusOf(fetch(`${service.url}/container/info?id=${CONTAINER.name}`)), 404)
      const cost = await memoryOf(service) - before
      t.ok(cost < MOST_BYTES, `${CLIENTS} of them cost ${Math.round(cost / MIB)} MiB`)
      for (const client of clients) client.destroy()
      while (await descriptorsOf(service) > rest) await setTimeout(50)
    })
  }
  t.same(await service.stop(), { code: 0, signal: null })
})

/** Of an answer that is read, so that its connection is used again. */
async function statusOf (asked: Promise<Response>): Promise<number> {
  const answer = await asked
  await answer.text()
  return answer.status
}

async function gather ({ url }: Service, leak: (socket: Socket) => void): Promise<Socket[]> {
  const { hostname, port } = new URL(url)
  const sockets: Socket[] = []
  for (let n = 0; n < CLIENTS; n++) {
    const socket = connect(Number(port), hostname).on('error', () => {})
    await once(socket, 'connect')
    leak(socket)
    sockets.push(socket)
  }
  return sockets
}

async function memoryOf ({ process: { pid } }: Service): Promise<number> {
  const [, kibibytes] = /^VmRSS:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kibibytes) * 1024
}

/** But for connections of `fetch`, which stay for a while. */
async function descriptorsOf (service: Service): Promise<number> {
  return (await openIn(service)).filter(each => each.startsWith('socket:')).length
}
