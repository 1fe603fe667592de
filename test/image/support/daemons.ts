import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Test } from 'tap'
import { run } from './programs.js'

const PATIENCE_MS = 60_000

/** A program that speaks to a daemon. */
export type Client = (...args: readonly string[]) => Promise<string>

/**
 * docker's daemon, older than its use of containerd's store, and a client; it ends with the test. `host` is what leads
 * other clients to it.
 */
export async function startDocker (t: Test): Promise<Client & { readonly host: string }> {
  const folder = await daemonFolder(t)
  const socket = `unix://${join(folder, 'socket')}`
  await start(t, 'dockerd', ['--iptables=false', '--bridge=none', '--storage-driver=vfs', '--data-root',
    join(folder, 'data'), '--exec-root', join(folder, 'exec'), '-p', join(folder, 'pid'), '-H', socket])
  return Object.assign(await ready((...args) => client('docker', ['-H', socket, ...args]), ['version']), { host: socket })
}

/** containerd, in whose store docker keeps images from 29 on, and a client; it ends with the test. */
export async function startContainerd (t: Test): Promise<Client> {
  const folder = await daemonFolder(t)
  const socket = join(folder, 'socket')
  await start(t, 'containerd', ['--root', join(folder, 'root'), '--state', join(folder, 'state'), '--address', socket])
  return await ready((...args) => client('ctr', ['-a', socket, '-n', 'test', ...args]), ['version'])
}

async function client (program: string, args: readonly string[]): Promise<string> {
  return (await run(program, args)).toString('utf8').trim()
}

async function daemonFolder (t: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'daemon-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  return folder
}

async function start (t: Test, program: string, args: readonly string[]): Promise<void> {
  const daemon = spawn(program, args, { stdio: 'ignore' })
  await once(daemon, 'spawn')
  const exit = once(daemon, 'exit')
  t.teardown(async () => {
    daemon.kill()
    await exit
  })
}

async function ready (client: Client, command: readonly string[]): Promise<Client> {
  const end = Date.now() + PATIENCE_MS
  for (;;) {
    try {
      await client(...command)
      return client
    } catch (error) {
      if (Date.now() > end) throw new Error('the daemon does not answer', { cause: error })
      await delay(100)
    }
  }
}
