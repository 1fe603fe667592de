import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import type { Test } from 'tap'
import { DockerEngine } from './docker-engine.js'
import { JavaEngine } from './java-engine.js'
import { ENGINE_LINES, type EngineName } from './lines.js'
import { runtimeFor } from './runtime.js'

/** One real engine of one node, on a port of its own of 127.0.0.1 that it keeps over restarts, with data of its own. */
export interface Engine {
  readonly url: string
  /** Resolves when the engine answers. */
  start (): Promise<void>
  /** Resolves when it is gone; its data stay. */
  kill (): Promise<void>
  restart (): Promise<void>
  /** It keeps its connections and answers nothing. */
  pause (): Promise<void>
  resume (): Promise<void>
  /** Ends the engine and removes its data. */
  stop (): Promise<void>
}

/** Fetches the engine if need be; it is not started yet, and stops with the test. */
export async function prepareEngine (t: Pick<Test, 'teardown'>, name: EngineName): Promise<Engine> {
  const line = ENGINE_LINES[name]
  const engine = runtimeFor(name, process.env['PATH']) === 'java'
    ? await JavaEngine.prepare({ name, port: await freePort(), ...line })
    : new DockerEngine(name, await freePort())
  t.teardown(() => engine.stop())
  return engine
}

/** Fetches the engine if need be, starts it, and stops it with the test. */
export async function startEngine (t: Pick<Test, 'teardown'>, name: EngineName): Promise<Engine> {
  const engine = await prepareEngine(t, name)
  await engine.start()
  return engine
}

/** A port that was free a moment ago. */
export async function freePort (): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
