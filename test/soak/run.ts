import { setTimeout } from 'node:timers/promises'
import { onBackends, type BenchBackends } from '../bench/backends.js'
import { SERVICE, start, stop } from '../bench/process.js'
import { print } from '../bench/load.js'
import { sampleProcess, type ProcessSample } from './process-sample.js'
import { Random } from './random.js'
import { Traffic } from './traffic.js'
import { driftOf } from './windows.js'

/**
 * `npm run soak`: mixed traffic with uploads for ten minutes on 200 connections, on the embedded catalogue, or with
 * `-- --engine elasticsearch-8` on a real engine. Prints what every kind of request took, memory and descriptors, and how
 * far they moved; ends with 1 when an answer came that nobody should get. LEPORELLO_SOAK_SECONDS, LEPORELLO_SOAK_CONNECTIONS
 * and LEPORELLO_SOAK_SEED change it.
 */
const seconds = Number(process.env['LEPORELLO_SOAK_SECONDS'] ?? 600)
const connections = Number(process.env['LEPORELLO_SOAK_CONNECTIONS'] ?? 200)
const seed = Number(process.env['LEPORELLO_SOAK_SEED'] ?? 1)
const SAMPLES = 60

await onBackends(soak)

async function soak ({ name, env }: BenchBackends): Promise<void> {
  const service = await start(SERVICE, '/health/ready', env)
  const pid = service.process.pid!
  print(`${connections} connections, ${seconds} s, seed ${seed}`, name)
  const traffic = new Traffic(service.url, { connections, random: new Random(seed) })
  const running = traffic.run()
  const samples: ProcessSample[] = []
  for (let sample = 0; sample < SAMPLES; sample++) {
    await setTimeout(seconds * 1000 / SAMPLES)
    samples.push(await sampleProcess(pid))
  }
  traffic.stop()
  await running
  report(traffic, samples)
  const after = await sampleProcess(pid)
  print('afterwards', `${after.memory} MB, ${after.descriptors} descriptors`)
  await stop(service)
}

function report (traffic: Traffic, samples: readonly ProcessSample[]): void {
  print('requests', `${traffic.requests}, ${Math.round(traffic.requests / seconds)}/s`)
  for (const [operation, latencies] of [...traffic.latencies].sort(([one], [other]) => one < other ? -1 : 1)) {
    const quantile = (share: number) => latencies.quantile(share).toFixed(1)
    print(`  ${operation}`, `${latencies.count}   p50 ${quantile(0.5)} ms   p99 ${quantile(0.99)} ms   p99.9 ${quantile(0.999)} ms`)
  }
  const every = Math.max(1, Math.floor(SAMPLES / 10))
  print('memory, MB', samples.filter((_, at) => at % every === every - 1).map(({ memory }) => memory).join(' '))
  print('descriptors', samples.filter((_, at) => at % every === every - 1).map(({ descriptors }) => descriptors).join(' '))
  const { memory, descriptors } = driftOf(samples)
  print('from the second to the last sixth', `memory ${percent(memory)}, descriptors ${percent(descriptors)}`)
  print('unexpected answers', traffic.unexpected.size === 0 ? 'none' : [...traffic.unexpected].map(([what, count]) => `${count} ${what}`).join(', '))
  if (traffic.unexpected.size > 0) process.exitCode = 1
}

function percent (share: number): string {
  return `${share < 0 ? '' : '+'}${(share * 100).toFixed(1)} %`
}
