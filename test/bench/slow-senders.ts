import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fill, loadGets, print } from './load.js'
import { memory, SERVICE, start, stop } from './process.js'

const SENDERS = 1000
const INFO = ['/api/v0.1/container/info?id=container-bench:1']

/** Whether a thousand clients that send a byte a second keep others waiting. */
export async function measureSlowSenders (): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'leporello-bench-'))
  try {
    const service = await start(SERVICE, '/health/live', { LEPORELLO_DATA_DIR: folder, LEPORELLO_REQUEST_TIMEOUT_MS: '3600000' })
    await fill(service.url, ['container-bench:1'])
    await loadGets('info, alone', service.url, INFO)
    const before = memory(service).now
    const senders = await Promise.all(Array.from({ length: SENDERS }, async () => await beginIn(service.url)))
    const sending = setInterval(() => { for (const sender of senders) sender.write('x') }, 1000)
    await loadGets(`info, beside ${SENDERS} slow senders`, service.url, INFO)
    clearInterval(sending)
    print('memory before and with them', `${before} MB, ${memory(service).now} MB`)
    for (const sender of senders) sender.destroy()
    await stop(service)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function beginIn (url: string): Promise<Socket> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  await once(socket, 'connect')
  socket.write('POST /container/merge HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n')
  return socket
}
