import { spawn } from 'node:child_process'
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

/** Starts toxiproxy on a free port of 127.0.0.1, built on first use; it ends with the test. */
export async function startToxiproxy (t: Pick<Test, 'teardown'>): Promise<Toxiproxy> {
  const program = await goProgram('toxiproxy', MODULE)
  const port = await freePort()
  const child = spawn(program, ['-host', '127.0.0.1', '-port', String(port)], {
    stdio: 'ignore', env: { ...process.env, LOG_LEVEL: 'fatal' }
  })
  t.teardown(async () => {
    const exited = once(child, 'exit')
    if (child.kill('SIGKILL')) await exited
  })
  const toxiproxy = new Toxiproxy(`http://127.0.0.1:${port}`)
  while (!await toxiproxy.answers()) {
    if (child.exitCode !== null) throw new Error(`${program} ended with ${child.exitCode}`)
    await setTimeout(20)
  }
  return toxiproxy
}

/** A server of proxies, by its HTTP API. */
export class Toxiproxy {
  readonly #api: string

  constructor (api: string) {
    this.#api = api
  }

  async answers (): Promise<boolean> {
    return await fetch(`${this.#api}/version`).then(({ ok }) => ok, () => false)
  }

  /** A proxy on a free port before `port` of this machine. */
  async proxy (name: string, port: number): Promise<ToxicProxy> {
    const own = await freePort()
    await this.send('POST', 'proxies', { name, listen: `127.0.0.1:${own}`, upstream: `127.0.0.1:${port}`, enabled: true })
    return new ToxicProxy(this, name, own)
  }

  async send (method: string, path: string, body?: object): Promise<void> {
    const answer = await fetch(`${this.#api}/${path}`, { method, ...body && { body: JSON.stringify(body) } })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`toxiproxy: ${method} ${path}: ${answer.status} ${text}`)
  }
}

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
