import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

/** How far in time the link may run ahead or behind: timers are no more exact. */
const BURST_MS = 4

/** A link to a server that carries so many bytes a second towards it, all connections together, in a process of its own. */
export async function startLink (server: string, bytesPerSecond: number): Promise<{ url: string, process: ChildProcess }> {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), server, String(bytesPerSecond)],
    { stdio: ['ignore', 'pipe', 'inherit'] })
  process.once('exit', () => child.kill('SIGKILL'))
  const [port] = await once(child.stdout, 'data') as [Buffer]
  return { url: `http://127.0.0.1:${port}`, process: child }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) serve(new URL(process.argv[2] as string), Number(process.argv[3]))

function serve (server: URL, bytesPerSecond: number): void {
  let freeAt = 0
  /** Resolves when the bytes have passed. */
  const pass = async (bytes: number) => {
    const now = performance.now()
    freeAt = Math.max(freeAt, now - BURST_MS) + bytes / bytesPerSecond * 1000
    if (freeAt - now > BURST_MS) await setTimeout(freeAt - now)
  }
  const link = createServer(socket => {
    const there = connect(Number(server.port), server.hostname)
    for (const [one, other] of [[socket, there], [there, socket]] as const) {
      one.setNoDelay(true).on('error', () => {}).on('close', () => other.destroy())
    }
    there.pipe(socket)
    carry(socket, there, pass)
  })
  link.listen(0, '127.0.0.1', () => { process.stdout.write(String((link.address() as AddressInfo).port)) })
}

function carry (from: Socket, to: Socket, pass: (bytes: number) => Promise<void>): void {
  from.on('data', async chunk => {
    from.pause()
    await pass(chunk.length)
    if (!to.write(chunk)) await once(to, 'drain').catch(() => {})
    from.resume()
  })
  from.on('end', () => to.end())
}
