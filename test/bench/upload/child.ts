import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { performance } from 'node:perf_hooks'

/** What a piece of work took in a process of its own, whose start does not count. */
export interface Took {
  readonly seconds: number
  readonly cpuSeconds: number
}

/** Runs a script beside this one with an order; rejects when it fails. */
export async function inChild (script: string, order: object): Promise<Took> {
  const child = spawn(process.execPath, ['--no-warnings', new URL(script, import.meta.url).pathname, JSON.stringify(order)],
    { stdio: ['ignore', 'pipe', 'inherit'] })
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  const answer = await text(child.stdout)
  process.off('exit', kill)
  if (answer === '') throw new Error(`${script} failed`)
  return JSON.parse(answer) as Took
}

/** For the script: does the work for the order, and tells what it took. */
export async function asChild<Order> (work: (order: Order) => Promise<void>): Promise<void> {
  const order = JSON.parse(process.argv[2] ?? '') as Order
  const [began, cpu] = [performance.now(), process.cpuUsage()]
  await work(order)
  const { user, system } = process.cpuUsage(cpu)
  const took: Took = { seconds: (performance.now() - began) / 1000, cpuSeconds: (user + system) / 1e6 }
  process.stdout.write(JSON.stringify(took))
}
