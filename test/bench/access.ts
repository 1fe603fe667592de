import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { createHash } from 'node:crypto'
import { hash } from 'bcryptjs'
import { Connection, getRequest } from './connection.js'
import { load, print } from './load.js'
import { SERVICE, start, stop } from './process.js'

/** As `leporello user` hashes. */
const ROUNDS = 10
const USERS = 20
const PATH = '/api/v0.1/container/list'

/** What it costs to be asked who one is: nobody asks, a token, a password that is known from before, and one that is not. */
export async function measureAccess (): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'leporello-bench-'))
  try {
    const open = await start(SERVICE, '/health/live', { LEPORELLO_DATA_DIR: join(folder, 'open') })
    const without = await load('list, open', open.url, () => getRequest(PATH))
    await stop(open)

    const closed = await start(SERVICE, '/health/live', { LEPORELLO_DATA_DIR: join(folder, 'closed'), ...await accessFiles(folder) })
    const cost = (perSecond: number) => `${((1 / perSecond - 1 / without) * 1e6).toFixed(1)} µs a request more than open`
    print('  token', cost(await load('list, token', closed.url, () => as('Bearer bench-token'))))
    print('  password, known', cost(await load('list, password known', closed.url, () => as(basic('user0')))))
    const connection = await Connection.open(closed.url)
    const began = performance.now()
    for (let n = 1; n < USERS; n++) await connection.send(as(basic(`user${n}`)))
    print('list, password not known', `${((performance.now() - began) / (USERS - 1)).toFixed(1)} ms a request, one after another`)
    connection.close()
    await stop(closed)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function as (authorization: string): string {
  return getRequest(PATH).replace('\r\n\r\n', `\r\nAuthorization: ${authorization}\r\n\r\n`)
}

function basic (user: string): string {
  return `Basic ${Buffer.from(`${user}:secret`).toString('base64')}`
}

async function accessFiles (folder: string): Promise<Record<string, string>> {
  const files = { LEPORELLO_HTPASSWD: join(folder, 'htpasswd'), LEPORELLO_ACCESS: join(folder, 'access.json') }
  const hashes = await Promise.all(Array.from({ length: USERS }, async (_, n) => `user${n}:${await hash('secret', ROUNDS)}\n`))
  await writeFile(files.LEPORELLO_HTPASSWD, hashes.join(''))
  const sha256 = createHash('sha256').update('bench-token').digest('hex')
  await writeFile(files.LEPORELLO_ACCESS, JSON.stringify({ users: {}, tokens: { bench: { sha256, role: 'read' } } }))
  return files
}
