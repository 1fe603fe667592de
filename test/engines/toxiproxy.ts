import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import type { Test } from 'tap'
import { freePort } from './engine.js'
import { goProgram } from './go-program.js'

const MODULE = 'github.com/Shopify/toxiproxy/v2/cmd/server@v2.5.0'

/** What toxiproxy calls a toxic: what befalls the bytes of one direction. */
export interface Toxic {
  readonly type: 'latency' | 'bandwidth' | 'timeout' | 'reset_peer' | 'limit_data'
  readonly attributes: Readonly<Record<string, number>>
}

/** Toxiproxy answers in milliseconds, or is stuck for good. */
const STUCK_MS = 10_000

/** Starts toxiproxy on a free port of 127.0.0.1, built on first use; it ends with the test. `onRenewal`: see there. */
export async function startToxiproxy (t: Pick<Test, 'teardown'>, onRenewal: () => void): Promise<Toxiproxy> {
  const toxiproxy = new Toxiproxy(await goProgram('toxiproxy', MODULE), await freePort(), onRenewal)
  await toxiproxy.start()
  t.teardown(async () => { await toxiproxy.end() })
  return toxiproxy
}

/**
 * A server of proxies, by its HTTP API. Where a toxic meets a connection that is just ending, toxiproxy may wait for itself
 * for ever; then it is started anew with the same proxies and no toxics, which cuts every way: one more fault.
 */
export class Toxiproxy {
  readonly #program: string
  readonly #port: number
  readonly #onRenewal: () => void
  readonly #proxies: object[] = []
  #child: ChildProcess | undefined
  #renewals = 0
  #renewing: Promise<void> | undefined

  /** `onRenewal` is called whenever it was stuck and has been started anew. */
  constructor (program: string, port: number, onRenewal: () => void) {
    this.#program = program
    this.#port = port
    this.#onRenewal = onRenewal
  }

  async start (): Promise<void> {
    this.#child = spawn(this.#program, ['-host', '127.0.0.1', '-port', String(this.#port)], {
      stdio: 'ignore', env: { ...process.env, LOG_LEVEL: 'fatal' }
    })
    while (!await this.#ask('GET', 'version').then(() => true, () => false)) {
      if (this.#child.exitCode !== null) throw new Error(`${this.#program} ended with ${this.#child.exitCode}`)
      await setTimeout(20)
    }
  }

  async end (): Promise<void> {
    const exited = once(this.#child!, 'exit')
    if (this.#child!.kill('SIGKILL')) await exited
  }

  /** A proxy on a free port before `port` of this machine. */
  async proxy (name: string, port: number): Promise<ToxicProxy> {
    const own = await freePort()
    const proxy = { name, listen: `127.0.0.1:${own}`, upstream: `127.0.0.1:${port}`, enabled: true }
    await this.#ask('POST', 'proxies', proxy)
    this.#proxies.push(proxy)
    return new ToxicProxy(this, name, own)
  }

  /** Where toxiproxy is stuck, what was to be changed is not: afterwards every way is open and without toxics. */
  async send (method: string, path: string, body?: object): Promise<void> {
    await this.#renewing
    const known = this.#renewals
    try {
      await this.#ask(method, path, body)
    } catch (error) {
      if (error instanceof Refusal) throw error
      if (known === this.#renewals) this.#renewing ??= this.#renew().finally(() => { this.#renewing = undefined })
      await this.#renewing
    }
  }

  async #renew (): Promise<void> {
    await this.end()
    await this.start()
    for (const proxy of this.#proxies) await this.#ask('POST', 'proxies', proxy)
    this.#renewals++
    this.#onRenewal()
  }

  async #ask (method: string, path: string, body?: object): Promise<void> {
    const answer = await fetch(`http://127.0.0.1:${this.#port}/${path}`, {
      method, signal: AbortSignal.timeout(STUCK_MS), ...body && { body: JSON.stringify(body) }
    })
    const text = await answer.text()
    if (answer.ok || (method === 'DELETE' && answer.status === 404)) return
    // Its own limit of time for what is asked of it.
    const Failure = answer.status === 503 ? Error : Refusal
    throw new Failure(`toxiproxy: ${method} ${path}: ${answer.status} ${text}`)
  }
}

/** What it will never do, asked however often. */
class Refusal extends Error {}

/** One way, where what goes wrong on the way can be made to go wrong. */
export class ToxicProxy {
  readonly port: number
  readonly #toxiproxy: Toxiproxy
  readonly #name: string
  #toxics = 0
  #last: Promise<void> = Promise.resolve()

  constructor (toxiproxy: Toxiproxy, name: string, port: number) {
    this.#toxiproxy = toxiproxy
    this.#name = name
    this.port = port
  }

  /** Puts it on, also for connections that are open, and resolves to what takes it off. */
  async poison ({ type, attributes }: Toxic, stream: 'upstream' | 'downstream'): Promise<() => Promise<void>> {
    const name = `toxic-${++this.#toxics}`
    await this.#send('POST', '/toxics', { name, type, stream, attributes })
    return async () => { await this.#send('DELETE', `/toxics/${name}`) }
  }

  /** Closes every connection and refuses new ones, until what this resolves to is called. */
  async cut (): Promise<() => Promise<void>> {
    await this.#send('POST', '', { enabled: false })
    return async () => { await this.#send('POST', '', { enabled: true }) }
  }

  /** One after the other: a toxic that is taken off while its proxy is closed may hang, and the proxy with it. */
  async #send (method: string, path: string, body?: object): Promise<void> {
    const sent = this.#last.then(() => this.#toxiproxy.send(method, `proxies/${this.#name}${path}`, body))
    this.#last = sent.catch(() => {})
    await sent
  }
}
