import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import type { Test } from 'tap'

export interface Service {
  readonly url: string
  readonly process: ChildProcess
  /** What it has logged so far, a parsed line each. */
  readonly log: ReadonlyArray<Record<string, unknown>>
  /** Resolves to the first line of the log, past or to come, that the test is for. */
  logged (isWanted: (entry: Record<string, unknown>) => boolean): Promise<Record<string, unknown>>
  /** What it has said on stderr so far. */
  readonly errors: () => string
  /** Sends the signal and resolves to how the process ended. */
  stop (signal?: NodeJS.Signals): Promise<{ code: number | null, signal: NodeJS.Signals | null }>
}

/** How it is started, where that is not as usual. */
export interface Started {
  /** The program of another Leporello than the one under test. */
  readonly cli?: string
  /** So many files and connections it may have open. */
  readonly descriptors?: number
}

export const CLI = new URL('../src/cli/leporello.js', import.meta.url).pathname

/**
 * `leporello serve` as a process of its own on a free port of 127.0.0.1, ready to serve; it dies with the test.
 */
export async function startService (t: Test, env: Record<string, string>, how: Started = {}): Promise<Service> {
  const child = spawnLeporello(['serve'], { LEPORELLO_PORT: '0', ...env }, 'ignore', how)
  t.teardown(() => { child.kill('SIGKILL') })
  const log: Array<Record<string, unknown>> = []
  let errors = ''
  child.stderr?.on('data', chunk => { errors += chunk })
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })
  const url = await new Promise<string>((resolve, reject) => {
    lines.on('line', line => {
      const entry = JSON.parse(line)
      log.push(entry)
      const listening = /^listening on (\S+)$/.exec(entry.msg)
      if (listening?.[1]) resolve(listening[1])
    })
    child.once('exit', code => reject(new Error(`ended with ${code} before it listened: ${errors}`)))
  })
  return {
    url,
    process: child,
    log,
    errors: () => errors,
    async logged (isWanted) {
      for (let at = 0; ; at++) {
        while (at === log.length) await once(lines, 'line')
        const entry = log[at] as Record<string, unknown>
        if (isWanted(entry)) return entry
      }
    },
    async stop (wanted = 'SIGTERM') {
      const ended = once(child, 'close')
      child.kill(wanted)
      const [code, signal] = await ended
      return { code, signal }
    }
  }
}

/** Runs the command line with nothing in its environment but `env` and a PATH. */
export function spawnLeporello (
  args: readonly string[], env: Record<string, string> = {}, stdin: 'ignore' | 'pipe' = 'ignore', { cli = CLI, descriptors }: Started = {}
): ChildProcess {
  const command = [process.execPath, cli, ...args]
  const [program, ...rest] = descriptors === undefined ? command : ['sh', '-c', `ulimit -n ${descriptors}; exec "$0" "$@"`, ...command]
  return spawn(program!, rest, {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: [stdin, 'pipe', 'pipe']
  })
}

/** What the command line said, and how it ended; `input` is what it can read. */
export async function runLeporello (args: readonly string[], env: Record<string, string> = {}, input?: Buffer) {
  const child = spawnLeporello(args, env, input === undefined ? 'ignore' : 'pipe')
  child.stdin?.end(input)
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout as NodeJS.ReadableStream), text(child.stderr as NodeJS.ReadableStream), once(child, 'exit')
  ])
  return { stdout, stderr, code }
}
