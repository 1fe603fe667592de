import { once } from 'node:events'
import { performance } from 'node:perf_hooks'
import { setTimeout } from 'node:timers/promises'
import { Client } from 'undici'

interface Order {
  readonly url: string
  readonly names: readonly string[]
  readonly workers: number
  readonly seconds: number
  readonly bytes: number
}

export interface FleetReport {
  /** Milliseconds that each worker which was served took, from its start to its last byte. */
  readonly took: number[]
  readonly requests: number
  readonly bytes: number
  /** How often what went wrong. */
  readonly failures: Readonly<Record<string, number>>
  /** From the first start to the last byte of all. */
  readonly ms: number
}

interface Tally {
  readonly took: number[]
  readonly failures: Record<string, number>
  requests: number
  bytes: number
}

const [order] = await once(process, 'message') as [Order]
process.send!(await run(order))

/** Starts the workers evenly over the time, whether or not those before are done: a fleet does not wait. */
async function run (order: Order): Promise<FleetReport> {
  const tally: Tally = { took: [], failures: {}, requests: 0, bytes: 0 }
  const began = performance.now()
  const running: Array<Promise<void>> = []
  while (running.length < order.workers) {
    const due = Math.min(order.workers, Math.ceil((performance.now() - began) / (order.seconds * 1000) * order.workers))
    while (running.length < due) running.push(worker(order, running.length, tally))
    await setTimeout(1)
  }
  await Promise.all(running)
  return { ...tally, ms: performance.now() - began }
}

async function worker ({ url, names, bytes }: Order, number: number, tally: Tally): Promise<void> {
  const began = performance.now()
  const client = new Client(url, { headersTimeout: 60_000, bodyTimeout: 60_000 })
  try {
    const name = names[number % names.length]!
    const answer = await client.request({ method: 'GET', path: `/container/resolve?id=${name}&arch=x86_64` })
    tally.requests++
    const { result } = await answer.body.json() as { result: { download: string | null, url: string } }
    const { pathname } = new URL(result.download ?? result.url)
    for (const start of [0, bytes]) {
      const { statusCode, body } = await client.request({
        method: 'GET', path: pathname, headers: { range: `bytes=${start}-${start + bytes - 1}` }
      })
      if (statusCode !== 206) throw new Error(`a range was answered ${statusCode}`)
      for await (const chunk of body) tally.bytes += (chunk as Buffer).length
      tally.requests++
    }
    tally.took.push(performance.now() - began)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    tally.failures[code ?? message] = (tally.failures[code ?? message] ?? 0) + 1
  } finally {
    await client.close().catch(() => {})
  }
}
