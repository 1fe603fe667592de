import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Engine } from './engine.js'
import type { EngineName } from './lines.js'

const COMPOSE_FILE = fileURLToPath(new URL('../../../docker-compose.yml', import.meta.url))
const PATIENCE_MS = 120_000

/** An engine of the compose file, in a compose project of its own: its data are in its container. */
export class DockerEngine implements Engine {
  readonly #name: EngineName
  readonly #port: number
  readonly #project = `leporello-test-${randomUUID()}`

  constructor (name: EngineName, port: number) {
    this.#name = name
    this.#port = port
  }

  get url (): string {
    return `http://127.0.0.1:${this.#port}`
  }

  async start (): Promise<void> {
    await this.#compose('up', '--detach', '--no-deps', this.#name)
    const deadline = AbortSignal.timeout(PATIENCE_MS)
    while (!await this.#isWell(deadline)) {
      if (deadline.aborted) throw new Error(`${this.#name} does not answer: ${await this.#compose('logs', '--tail', '50', this.#name)}`)
      await setTimeout(200)
    }
  }

  async kill (): Promise<void> {
    const container = await this.#container()
    if (container === '') return
    // One that has ended already is not there to be killed; `wait` returns at once then.
    await docker(['kill', container]).catch(() => {})
    await docker(['wait', container])
  }

  async pause (): Promise<void> {
    await docker(['pause', await this.#container()])
  }

  async resume (): Promise<void> {
    await docker(['unpause', await this.#container()])
  }

  async restart (): Promise<void> {
    await this.kill()
    await this.start()
  }

  async stop (): Promise<void> {
    await this.#compose('down', '--volumes', '--timeout', '0')
  }

  async #container (): Promise<string> {
    return await this.#compose('ps', '--all', '--quiet', this.#name)
  }

  async #isWell (signal: AbortSignal): Promise<boolean> {
    try {
      const health = await fetch(`${this.url}/_cluster/health?wait_for_status=yellow&timeout=30s`, { signal })
      await health.text()
      return health.ok
    } catch {
      return false
    }
  }

  async #compose (...args: readonly string[]): Promise<string> {
    const project = ['--file', COMPOSE_FILE, '--project-name', this.#project, '--profile', 'engines']
    return await docker(['compose', ...project, ...args], { LEPORELLO_ENGINE_PORT: String(this.#port) })
  }
}

/** What it prints; an error has what it says went wrong. */
async function docker (args: readonly string[], env: Record<string, string> = {}): Promise<string> {
  const { stdout } = await promisify(execFile)('docker', args, { env: { ...process.env, ...env } })
  return stdout.trim()
}
