import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { setTimeout } from 'node:timers/promises'
import { tarballOf } from '../../uploads/tarballs.js'
import { onBackends } from '../backends.js'
import { print } from '../load.js'
import { cpuSeconds, memory, SERVICE, start, stop, type Measured } from '../process.js'
import type { FleetReport } from './workers.js'

/**
 * `npm run bench:fleet`: 10,000 workers that start within ten seconds, each on a connection of its own: it asks which
 * image is for its architecture, and reads ranges of its tarball, one of four. The workers are one other process on this
 * machine, and share its processors. `-- --engine elasticsearch-8` for a real engine; LEPORELLO_FLEET_WORKERS,
 * LEPORELLO_FLEET_SECONDS and LEPORELLO_FLEET_BYTES (of each of the two ranges) change it.
 */
const settings = {
  workers: Number(process.env['LEPORELLO_FLEET_WORKERS'] ?? 10_000),
  seconds: Number(process.env['LEPORELLO_FLEET_SECONDS'] ?? 10),
  bytes: Number(process.env['LEPORELLO_FLEET_BYTES'] ?? 64 * 1024)
}
const TARBALLS = 4

await onBackends(async ({ name, env }) => {
  const service = await start(SERVICE, '/health/ready', env)
  print(`${settings.workers} workers in ${settings.seconds} s`, name)
  await measure(service)
  await stop(service)
})

async function measure (service: Measured): Promise<void> {
  const names = await upload(service.url)
  const before = { memory: memory(service), cpu: cpuSeconds(service.process) }
  const watching = new AbortController()
  const descriptors = mostDescriptors(service, watching.signal)
  const { took, requests, bytes, failures, ms } = await runWorkers(service.url, names)
  watching.abort()
  took.sort((one, other) => one - other)
  const quantile = (share: number) => (took[Math.floor(took.length * share)] ?? 0).toFixed(0)
  print('workers that were served', `${took.length}, the last one after ${(ms / 1000).toFixed(1)} s`)
  print('from start to image, a worker', `p50 ${quantile(0.5)} ms   p99 ${quantile(0.99)} ms   most ${quantile(0.99999)} ms`)
  print('rate', `${Math.round(requests / ms * 1000)} requests/s, ${Math.round(bytes / ms / 1000)} MB/s`)
  print('memory of the service', `${before.memory.now} MB before, ${memory(service).peak} MB at most`)
  print('descriptors at most', String(await descriptors))
  print('processor time of the service', `${(cpuSeconds(service.process) - before.cpu).toFixed(1)} s`)
  print('failures', Object.keys(failures).length === 0 ? 'none' : JSON.stringify(failures))
}

async function upload (url: string): Promise<string[]> {
  const names = Array.from({ length: TARBALLS }, (_, n) => `container-fleet-${n}:1`)
  for (const name of names) {
    const body = Uint8Array.from(tarballOf(name, { mebibytes: 16 }))
    const answer = await fetch(`${url}/container/upload?name=${name}&version=1`, { method: 'PUT', body })
    if (answer.status !== 200) throw new Error(`${answer.status}: ${await answer.text()}`)
  }
  return names
}

async function runWorkers (url: string, names: readonly string[]): Promise<FleetReport> {
  const child = fork(new URL('workers.js', import.meta.url))
  child.send({ url, names, ...settings })
  const [report] = await once(child, 'message') as [FleetReport]
  child.disconnect()
  return report
}

async function mostDescriptors ({ process: { pid } }: Measured, signal: AbortSignal): Promise<number> {
  let most = 0
  while (!signal.aborted) {
    most = Math.max(most, (await readdir(`/proc/${pid}/fd`)).length)
    await setTimeout(100)
  }
  return most
}
