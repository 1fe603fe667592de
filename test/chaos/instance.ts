import type { Test } from 'tap'
import type { ToxicProxy } from '../engines/toxiproxy.js'
import { startService, type Service } from '../service.js'
import type { Figures } from './figures.js'
import type { Side } from './phases.js'

export interface InstanceOptions {
  readonly name: string
  readonly env: Readonly<Record<string, string>>
  /** On the ways to what it needs. */
  readonly proxies: Readonly<Record<Side, ToxicProxy>>
  /** On the way from the clients. */
  readonly front: ToxicProxy
}

/** One Leporello of several, on a port of its own that it keeps over restarts. */
export class Instance {
  readonly name: string
  readonly proxies: Readonly<Record<Side | 'front', ToxicProxy>>
  readonly #t: Test
  readonly #env: Readonly<Record<string, string>>
  readonly #figures: Figures
  #service: Service | undefined
  #open: (() => Promise<void>) | undefined

  constructor (t: Test, { name, env, proxies, front }: InstanceOptions, figures: Figures) {
    this.#t = t
    this.name = name
    this.proxies = { ...proxies, front }
    this.#env = env
    this.#figures = figures
  }

  /** Where clients reach it. */
  get url (): string {
    return `http://127.0.0.1:${this.proxies.front.port}`
  }

  /** Past the proxy. */
  get directUrl (): string {
    return `http://127.0.0.1:${this.#env['LEPORELLO_PORT']}`
  }

  get isRunning (): boolean {
    return this.#service !== undefined
  }

  async start (): Promise<void> {
    const service = await startService(this.#t, this.#env)
    this.#service = service
    await this.#open?.()
    this.#open = undefined
    service.process.once('exit', (code, signal) => {
      if (this.#service === service) this.#figures.wrong(this.name, [`it ended by itself, with ${code ?? signal}: ${service.errors()}`])
    })
  }

  /** Resolves when it is gone. */
  async stop (signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const service = this.#service
    this.#service = undefined
    if (service === undefined) return
    const ended = await service.stop(signal)
    // Nobody listens any more, which tells clients that nothing was sent.
    this.#open = await this.proxies.front.cut()
    if (signal === 'SIGTERM' && ended.code !== 0) this.#figures.wrong(this.name, [`it ended with ${ended.code ?? ended.signal} on SIGTERM`])
    this.#figures.wrong(this.name, mistakesInLog(service))
    for (const { status } of service.log.filter(({ msg }) => msg === 'request')) this.#figures.count('requests the services answered', String(status))
  }

  pause (): void {
    this.#service?.process.kill('SIGSTOP')
  }

  resume (): void {
    this.#service?.process.kill('SIGCONT')
  }
}

/** What no fault of its surroundings excuses. */
function mistakesInLog ({ log, errors }: Service): string[] {
  const bad = log.filter(({ msg, status, level }) =>
    status === 500 || Number(level) >= 60 || msg === 'sweep failed' || msg === 'closing after an error that nobody caught')
  return [...bad.map(entry => JSON.stringify(entry)), ...errors() === '' ? [] : [errors()]]
}
