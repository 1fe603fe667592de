import { performance } from 'node:perf_hooks'
import { setTimeout } from 'node:timers/promises'
import { Connection, getRequest } from '../connection.js'
import { forgetPeak, memory, type Measured } from '../process.js'
import { inChild } from './child.js'
import type { SendOrder } from './send.js'
import { progress, type Figure } from './table.js'
import { NAME } from './tarball.js'

const ASKERS = 4
const PAUSE_MS = 10

/** What the uploads of the order add to the memory of the service at its highest, in MB. */
export async function measureMemory (what: string, service: Measured, order: SendOrder, target: number): Promise<Figure> {
  forgetPeak(service)
  const { now } = memory(service)
  const { seconds } = await inChild('send.js', order)
  const { peak } = memory(service)
  progress(`${what}: from ${now} MB to ${peak} MB at most, ${seconds.toFixed(1)} s`)
  return { what: `memory during ${what}`, measured: peak - now, target, unit: 'MB' }
}

/** How long container/info takes while the uploads run; NAME is registered. */
export async function measureInfo (what: string, service: Measured, order: SendOrder, target: number): Promise<Figure> {
  const idle = await latencies(service, setTimeout(2000))
  const busy = await latencies(service, inChild('send.js', order))
  progress(`info alone: p50 ${at(idle, 0.5)} ms, p99 ${at(idle, 0.99)} ms; ${what}: p50 ${at(busy, 0.5)} ms, ` +
    `p99 ${at(busy, 0.99)} ms, at most ${at(busy, 1)} ms, of ${busy.length}`)
  return { what: `p99 of container/info, ${what}`, measured: Number(at(busy, 0.99)), target, unit: 'ms' }
}

/** Of all requests until the work is done, in ascending order. */
async function latencies (service: Measured, work: Promise<unknown>): Promise<number[]> {
  const took: number[] = []
  const done = new AbortController()
  await Promise.all([work.finally(() => done.abort()), ...Array.from({ length: ASKERS }, async () => {
    const connection = await Connection.open(service.url)
    while (!done.signal.aborted) {
      const sent = performance.now()
      await connection.send(getRequest(`/api/v0.1/container/info?id=${NAME}`))
      took.push(performance.now() - sent)
      await setTimeout(PAUSE_MS)
    }
    connection.close()
  })])
  return took.sort((a, b) => a - b)
}

function at (sorted: readonly number[], share: number): string {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!.toFixed(1)
}
