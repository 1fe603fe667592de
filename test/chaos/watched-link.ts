import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import type { Test } from 'tap'

/**
 * A way to `port` of this machine that leaves everything as it is, and tells of the bytes that somebody is about to send:
 * what `watch` resolves to is waited for before they go on. Resolves to its own port.
 */
export async function watchedLink (
  t: Pick<Test, 'teardown'>, port: number, watch: (bytes: Buffer) => Promise<void> | undefined
): Promise<number> {
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    const onward = connect(port, '127.0.0.1')
    for (const each of [socket, onward]) sockets.add(each)
    socket.setNoDelay().once('close', () => { end(onward) })
    onward.setNoDelay().once('close', () => { end(socket) })
    for (const each of [socket, onward]) each.on('error', () => {})
    onward.pipe(socket)
    pass(socket, onward, watch).catch(() => { end(onward) })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return (server.address() as AddressInfo).port

  function end (socket: Socket): void {
    sockets.delete(socket)
    socket.destroy()
  }
}

async function pass (from: Socket, to: Socket, watch: (bytes: Buffer) => Promise<void> | undefined): Promise<void> {
  for await (const bytes of from) {
    await watch(bytes as Buffer)
    if (!to.write(bytes)) await once(to, 'drain')
  }
  to.end()
}
