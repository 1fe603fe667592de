import { spawn, type ChildProcess } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { setTimeout } from 'node:timers/promises'
import { freePort } from '../engines/engine.js'

export const BARE = new URL('bare.js', import.meta.url)

export const SERVICE = new URL('serve.js', import.meta.url)

/** Of a second, in /proc: the same on every Linux. */
const CLOCK_TICKS = 100

/** All that is measured comes from one address; its requests are still counted. */
const UNLIMITED = { LEPORELLO_RATE_LIMIT: '1000000000', LEPORELLO_UPLOADS_PER_USER: '1000' }

export interface Measured {
  readonly url: string
  readonly process: ChildProcess
  /** From the start of the process to its first answer, in milliseconds. */
  readonly startMs: number
}

/** Starts a script that serves on the port of `env.LEPORELLO_PORT`, and waits for its first answer to `path`. */
export async function start (script: URL, path: string, env: Record<string, string>): Promise<Measured> {
  const port = await freePort()
  const began = performance.now()
  const child = spawn(process.execPath, [script.pathname], {
    env: { PATH: process.env['PATH'] ?? '', LEPORELLO_PORT: String(port), ...UNLIMITED, ...env }, stdio: ['ignore', 'ignore', 'inherit']
  })
  process.once('exit', () => child.kill('SIGKILL'))
  const url = `http://127.0.0.1:${port}`
  while (!await answers(url + path)) if (child.exitCode !== null) throw new Error(`${script.pathname} ended`)
  return { url, process: child, startMs: performance.now() - began }
}

async function answers (url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok
  } catch {
    await setTimeout(5)
    return false
  }
}

export async function stop ({ process: child }: Measured): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise(resolve => child.once('exit', resolve))
  child.kill('SIGTERM')
  await ended
}

/** Resident memory of the process in MB: now, and at its highest. */
export function memory ({ process: child }: Measured): { now: number, peak: number } {
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8')
  const kB = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1])
  return { now: Math.round(kB('VmRSS') / 1024), peak: Math.round(kB('VmHWM') / 1024) }
}

/** Makes the highest memory that of now. */
export function forgetPeak ({ process: child }: Measured): void {
  writeFileSync(`/proc/${child.pid}/clear_refs`, '5')
}

/** The seconds of a processor that a process has used, those of all its threads. */
export function cpuSeconds ({ pid }: { readonly pid?: number | undefined }): number {
  // The name of the program, in parentheses, may have spaces.
  const [, fields = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')
  const [user, system] = fields.split(' ').slice(11, 13).map(Number) as [number, number]
  return (user + system) / CLOCK_TICKS
}
