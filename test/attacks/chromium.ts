import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import type { Test } from 'tap'
import { temporaryFolder } from '../app.js'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome']

/** The reason to skip what needs a browser; false when there is one, and where CI installs it. */
export function lackingChromium (): string | false {
  return program() === undefined && process.env['CI'] === undefined && 'chromium is not here (apt-get install chromium)'
}

/** A page that a browser has open. */
export interface Page {
  /** Resolves when the page has loaded. */
  open (url: string): Promise<void>
  /** The value, once it is there, of an expression of JavaScript, which may be a promise. */
  evaluate (expression: string): Promise<any>
  /** What the page has complained of so far: errors nobody caught, and errors on the console. */
  readonly complaints: readonly string[]
}

interface Message {
  readonly id?: number
  readonly sessionId?: string
  readonly method?: string
  readonly params?: any
  readonly result?: any
  readonly error?: { readonly message: string }
}

/** A browser without a window, for which `host` is this machine; it dies with the test. Speaks DevTools' protocol over a pipe. */
export async function openPage (t: Test, host: string): Promise<Page> {
  const folder = await temporaryFolder(t)
  const browser = spawn(program() ?? NAMES[0]!, [
    '--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run', '--disable-background-networking', '--remote-debugging-pipe',
    `--user-data-dir=${join(folder, 'profile')}`, `--host-resolver-rules=MAP ${host} 127.0.0.1`, 'about:blank'
  ], { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'], env: { ...process.env, HOME: folder } })
  t.teardown(async () => {
    if (browser.exitCode !== null || browser.signalCode !== null) return
    const ended = once(browser, 'exit')
    browser.kill('SIGKILL')
    await ended
  })
  await once(browser, 'spawn')
  const devtools = new DevTools(browser.stdio[3] as Writable, browser.stdio[4] as Readable)
  browser.once('exit', () => devtools.end())
  const { targetInfos } = await devtools.send('Target.getTargets')
  const { targetId } = targetInfos.find(({ type }: { type: string }) => type === 'page') ?? await devtools.send('Target.createTarget', { url: 'about:blank' })
  const { sessionId } = await devtools.send('Target.attachToTarget', { targetId, flatten: true })
  const complaints: string[] = []
  devtools.onEvent = ({ method, params }) => {
    if (method === 'Runtime.exceptionThrown') complaints.push(params.exceptionDetails.exception?.description ?? params.exceptionDetails.text)
    if (method === 'Runtime.consoleAPICalled' && params.type === 'error') complaints.push(JSON.stringify(params.args))
    if (method === 'Log.entryAdded' && params.entry.level === 'error') complaints.push(`${params.entry.text} ${params.entry.url ?? ''}`)
  }
  for (const domain of ['Page', 'Runtime', 'Log']) await devtools.send(`${domain}.enable`, {}, sessionId)

  return {
    complaints,
    async open (url) {
      const loaded = devtools.event('Page.loadEventFired')
      const { errorText } = await devtools.send('Page.navigate', { url }, sessionId)
      if (errorText !== undefined) throw new Error(`${url}: ${errorText}`)
      await loaded
    },
    async evaluate (expression) {
      const { result, exceptionDetails } = await devtools.send('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true }, sessionId)
      if (exceptionDetails !== undefined) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text)
      return result.value
    }
  }
}

/** Messages of JSON, each ended by a null byte. */
class DevTools {
  onEvent: (message: Message) => void = () => {}
  readonly #input: Writable
  readonly #waiting = new Map<number, { resolve: (result: any) => void, reject: (error: Error) => void }>()
  readonly #events = new Map<string, () => void>()
  #last = 0

  constructor (input: Writable, output: Readable) {
    this.#input = input
    input.on('error', () => {})
    let rest = ''
    output.setEncoding('utf8').on('data', (chunk: string) => {
      const messages = (rest + chunk).split('\0')
      rest = messages.pop() ?? ''
      for (const message of messages) this.#take(JSON.parse(message) as Message)
    })
  }

  async send (method: string, params: object = {}, sessionId?: string): Promise<any> {
    const id = ++this.#last
    this.#input.write(`${JSON.stringify({ id, method, params, ...sessionId !== undefined && { sessionId } })}\0`)
    return await new Promise((resolve, reject) => { this.#waiting.set(id, { resolve, reject }) })
  }

  /** Resolves at the next event of that name. */
  async event (method: string): Promise<void> {
    await new Promise<void>(resolve => { this.#events.set(method, resolve) })
  }

  end (): void {
    for (const { reject } of this.#waiting.values()) reject(new Error('the browser has ended'))
  }

  #take (message: Message): void {
    if (message.id !== undefined) {
      const waiting = this.#waiting.get(message.id)
      this.#waiting.delete(message.id)
      if (message.error === undefined) waiting?.resolve(message.result)
      else waiting?.reject(new Error(message.error.message))
    }
    this.#events.get(message.method ?? '')?.()
    this.onEvent(message)
  }
}

function program (): string | undefined {
  return NAMES.find(name => {
    try {
      execFileSync(name, ['--version'], { stdio: 'ignore' })
      return true
    } catch {
      return false
    }
  })
}
